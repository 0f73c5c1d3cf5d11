package org.dcbalance.story;

import org.dcbalance.lab.XenLab;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.RegisterExtension;

/** PVH guests, on Debian's own hypervisor. */
@Tag("campaign")
class XenMethodsIT extends XenMethods {
  @RegisterExtension static final XenLab LAB = XenLab.withProcessors("xmt", 2, 2);

  XenMethodsIT() {
    super(LAB, "pvh");
  }
}
