package org.dcbalance.story;

import org.dcbalance.lab.XenLab;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.RegisterExtension;

/** PV guests, on a hypervisor with shadow paging. */
@Tag("campaign")
class XenPvMethodsIT extends XenMethods {
  @RegisterExtension static final XenLab LAB = XenLab.withShadowPaging("pmt", 2, 2);

  XenPvMethodsIT() {
    super(LAB, "pv");
  }
}
