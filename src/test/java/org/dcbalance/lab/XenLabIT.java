package org.dcbalance.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What stories on Xen rest on: the lab's own promises, on the hosts themselves. */
@Tag("campaign")
class XenLabIT {
  private static final int GUEST = 7;

  @RegisterExtension static final XenLab LAB = new XenLab("xlt", 2);

  @Test
  void aGuestMovesLiveWithItsDiskUnlessTheLinkIsCut() {
    LAB.start(1, "web-07", GUEST, "--pvh", "--disk", "shared", "burn=10");
    LAB.disk(GUEST, "before");
    assertThat(LAB.where("web-07")).containsExactly("1 running");

    LAB.cutLink(2);
    assertThatThrownBy(this::moveToHostTwo).isInstanceOf(AssertionError.class);
    LAB.restoreLink(2);
    assertThat(LAB.where("web-07")).containsExactly("1 running");

    moveToHostTwo();
    assertThat(LAB.where("web-07")).containsExactly("2 running");
    assertThat(answer("stat")).contains("name web-07", "load burn 10");
    assertThat(LAB.disk(GUEST)).isEqualTo("before\n");

    LAB.stop("web-07");
    assertThat(LAB.where("web-07")).isEmpty();
  }

  private void moveToHostTwo() {
    LAB.run(
        "virsh",
        "-q",
        "-c",
        LAB.uri(1),
        "migrate",
        "--live",
        "--p2p",
        "--persistent",
        "--undefinesource",
        "web-07",
        LAB.peerUri(2));
  }

  private static String answer(String page) {
    return LAB.run("curl", "-sf", "http://" + Lab.guestAddress(GUEST) + "/cgi-bin/" + page);
  }
}
