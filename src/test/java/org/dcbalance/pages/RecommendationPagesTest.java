package org.dcbalance.pages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.dcbalance.pages.SignedIn.notice;

import org.dcbalance.access.Role;
import org.dcbalance.testing.ConsolePagesTest;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.security.crypto.password.PasswordEncoder;

/** Recommendations, approved and rejected by pages. */
@ConsolePagesTest
class RecommendationPagesTest {
  @LocalServerPort private int port;
  @Autowired private JdbcClient jdbc;
  @Autowired private PasswordEncoder encoder;
  private SimulatedFleet fleet;

  @BeforeEach
  void find() {
    fleet = new SimulatedFleet(jdbc);
  }

  @Test
  void approvingSeveralTellsWhichWereApprovedAndWhyNotTheOthers() {
    try (var operator = as(Role.OPERATOR)) {
      var id = fleet.newestRecommendation();
      var page = operator.page("/recommendations/" + id);
      assertThat(page).contains("Checked just now", "Effect on both hosts", "Approve 1 move");
      assertThat(operator.fragment("/recommendations/" + id + "?fragment=state"))
          .contains("Memory to copy");
      approveOneAndAnotherThatIsNone(operator);
      var none = notice(operator.sendAndFollow("/recommendations/approve", "back", "/"));
      assertThat(none).startsWith("bad").contains("No recommendation was selected");
    }
    var migration = fleet.newestMigration();
    try (var viewer = as(Role.VIEWER)) {
      assertThat(viewer.page("/migrations/" + migration))
          .contains("Expected against measured", "Queued");
      assertThat(viewer.fragment("/migrations/" + migration + "?fragment=state"))
          .contains("timeline");
    }
  }

  private void approveOneAndAnotherThatIsNone(SignedIn operator) {
    for (int tries = 0; ; tries++) {
      var notice =
          notice(
              operator.sendAndFollow(
                  "/recommendations/approve", "id", "" + fleet.newestRecommendation(), "id", "999999"));
      assertThat(notice).contains("There is no recommendation 999999.");
      if (jdbc.sql("select count(*) from migration").query(Long.class).single() > 0) {
        return;
      }
      assertThat(tries).as(notice).isLessThan(10);
    }
  }

  @Test
  void aRejectionKeepsItsReason() {
    var id = fleet.newestRecommendation();
    try (var operator = as(Role.OPERATOR)) {
      var notice =
          notice(
              operator.sendAndFollow(
                  "/recommendations/reject", "id", "" + id, "reason", "Backup until four"));
      // a round may have overtaken it meanwhile, which is said as plainly
      assertThat(notice).containsAnyOf("Rejected 1 move", "superseded it");
      if (notice.contains("Rejected")) {
        assertThat(operator.page("/recommendations/" + id))
            .contains("Rejected", "Backup until four");
      }
    }
  }

  private SignedIn as(Role role) {
    return SignedIn.as(role, port, jdbc, encoder);
  }
}
