package org.dcbalance.story;

import org.dcbalance.lab.XenLab;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.api.parallel.ResourceLock;

/** PVH guests, on Debian's own hypervisor. */
@Execution(ExecutionMode.CONCURRENT)
@ResourceLock("both processors")
@Order(10)
class XenStoryIT extends XenStory {
  @RegisterExtension static final XenLab LAB = new XenLab("stx", 2);

  XenStoryIT() {
    super(LAB, "on-xen", "xenpvh", "--pvh", "--no-wait");
  }
}
