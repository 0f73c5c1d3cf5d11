package org.dcbalance.story;

import org.dcbalance.lab.XenLab;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.api.parallel.ResourceLock;

/** PV guests with disks that both hosts see, on a hypervisor with shadow paging. */
@Tag("campaign")
@Execution(ExecutionMode.CONCURRENT)
@ResourceLock("both processors")
class XenPvStoryIT extends XenStory {
  @RegisterExtension static final XenLab LAB = XenLab.withShadowPaging("pvs", 2);

  XenPvStoryIT() {
    super(LAB, "pv-on-xen", "linux", "--pv", "--disk", "shared", "--no-wait");
  }
}
