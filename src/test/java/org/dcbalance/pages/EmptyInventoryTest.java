package org.dcbalance.pages;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.dcbalance.access.Role;
import org.dcbalance.testing.Await;
import org.dcbalance.testing.ConsoleTest;
import org.dcbalance.testing.PostgresForTests;
import org.junit.jupiter.api.Test;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.context.annotation.Import;
import org.springframework.test.annotation.DirtiesContext;

/** A console without hosts. */
@SpringBootTest(
    webEnvironment = WebEnvironment.RANDOM_PORT,
    properties = {
      "dcbalance.data-dir=target/empty-inventory-test",
      "dcbalance.simulated.state-file=",
      "dcbalance.simulated.hosts=2",
      "dcbalance.simulated.guests=4",
      "dcbalance.admin.password=" + ConsoleTest.PASSWORD,
      "dcbalance.admin.token=" + ConsoleTest.TOKEN
    })
@Import(PostgresForTests.class)
@DirtiesContext
class EmptyInventoryTest extends SimulatedPages {
  @Test
  void simulatedHostsThatWereRemovedComeBackWhenAnAdministratorAsksForThem() {
    try (var administrator = as(Role.ADMINISTRATOR);
        var operator = as(Role.OPERATOR)) {
      running(4);
      assertThat(administrator.page("/")).doesNotContain("Try with simulated hosts");
      assertThat(administrator.sendAndFollow("/hosts/simulated"))
          .contains("There are hosts already.");
      for (var name : new String[] {"sim-01", "sim-02"}) {
        var page = "/hosts/" + fleet.host(name);
        administrator.send(page + "/delete", "confirm", name);
        assertThat(administrator.get(page).body())
            .contains(name + " was removed from the inventory.");
      }
      assertThat(operator.page("/"))
          .contains("Add the first host", "Maybe ask an administrator")
          .doesNotContain("Try with simulated hosts", "Test the connection");
      assertThat(administrator.page("/")).contains("Try with simulated hosts");
      theFirstHostIsTriedFromTheOverview(administrator);
      assertThat(operator.send("/hosts/simulated").statusCode()).isEqualTo(403);
      assertThat(administrator.sendAndFollow("/hosts/simulated"))
          .contains("Simulated hosts were added");
      running(4);
      assertThat(jdbc.sql("select name from pool where simulated").query(String.class).list())
          .containsExactly("Simulated");
      assertThat(
              jdbc.sql("select who || ' ' || after from audit_entry order by id desc limit 1")
                  .query(String.class)
                  .single())
          .startsWith("page-administrator")
          .contains("\"simulated hosts\"");
    }
  }

  private static void theFirstHostIsTriedFromTheOverview(SignedIn administrator) {
    for (var overview :
        new String[] {administrator.page("/"), administrator.fragment("/?fragment=now")}) {
      assertThat(overview)
          .contains("Add the first host", "Test the connection", "name=\"peerUri\"")
          .containsPattern("<form class=\"form panel\"[^>]*action=\"/hosts\"")
          .containsPattern("<option value=\"\\d+\" selected=\"selected\">default</option>")
          .as("it leads nowhere back")
          .doesNotContain("\"/hosts\">Cancel");
    }
    var tried =
        administrator.send(
            "/hosts", "name", "kvm-01", "uri", "qemu+tcp://127.0.0.1:9/system", "action", "test");
    assertThat(tried.body())
        .contains("Not reached", "value=\"kvm-01\"", "value=\"qemu+tcp://127.0.0.1:9/system\"");
    assertThat(administrator.page("/")).contains("Add the first host");
  }

  private void running(long vms) {
    Await.until(
        vms + " VMs in the inventory",
        Duration.ofSeconds(30),
        () ->
            jdbc.sql(
                    "select count(*) from vm v join host h on h.id = v.host_id and h.removed_at is null"
                        + " where v.gone_since is null and v.state = 'RUNNING'")
                .query(Long.class)
                .single(),
        found -> found == vms);
  }
}
