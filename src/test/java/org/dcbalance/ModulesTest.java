package org.dcbalance;

import org.junit.jupiter.api.Test;
import org.springframework.modulith.core.ApplicationModules;

class ModulesTest {
  @Test
  void modules_have_no_cycles_and_use_only_what_others_offer() {
    ApplicationModules.of(DcBalanceApplication.class).verify();
  }
}
