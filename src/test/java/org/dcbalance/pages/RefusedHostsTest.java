package org.dcbalance.pages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.dcbalance.pages.SignedIn.version;

import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import org.dcbalance.access.Role;
import org.dcbalance.testing.Await;
import org.dcbalance.testing.Browser;
import org.dcbalance.testing.ConsolePagesTest;
import org.dcbalance.testing.ConsoleTest;
import org.junit.jupiter.api.Test;

/** Hosts that the console must not be led to, and who sees what of them. */
@ConsolePagesTest
class RefusedHostsTest extends SimulatedPages {
  private static final String SETTING = "dcbalance.libvirt.allowed-networks";

  @Test
  void theFormRefusesAnAddressOfTheCloud() {
    try (var administrator = as(Role.ADMINISTRATOR)) {
      for (var action : List.of("save", "test")) {
        var answer =
            administrator.send(
                "/hosts",
                "name",
                "kvm-09",
                "uri",
                "qemu+tcp://169.254.169.254/system",
                "poolId",
                "1",
                "action",
                action);
        assertThat(answer.statusCode()).as(action).isEqualTo(400);
        assertThat(answer.body())
            .as(action)
            .contains("169.254.169.254 is a link-local address, which " + SETTING);
      }
      assertThat(administrator.page("/about")).contains("any but loopback, link-local");
    }
  }

  @Test
  void theFormMarksThePeerUriThatLeadsToItself() {
    try (var administrator = as(Role.ADMINISTRATOR)) {
      var answer =
          administrator.send(
              "/hosts",
              "name",
              "kvm-09",
              "uri",
              "qemu+tcp://10.99.0.1/system",
              "peerUri",
              "qemu+tcp://localhost/system",
              "poolId",
              "1",
              "action",
              "save");
      assertThat(answer.statusCode()).isEqualTo(400);
      assertThat(answer.body())
          .contains("The peer URI: localhost is at ", SETTING)
          .containsPattern("name=\"peerUri\"[^>]*aria-invalid=\"true\"");
    }
  }

  @Test
  void theApiRefusesThemToo() {
    var loopback = "{\"name\":\"kvm-09\",\"uri\":\"qemu+tcp://127.0.0.1:9/system\"}";
    for (var path : List.of("/hosts/test", "/hosts")) {
      var answer = api("POST", path, loopback);
      assertThat(answer.statusCode()).as(path).isEqualTo(400);
      assertThat(answer.body())
          .as(path)
          .contains("BAD_REQUEST", "127.0.0.1 is a loopback address, which " + SETTING);
    }
    var helper =
        api(
            "PUT",
            "/hosts/%d/helper".formatted(fleet.host("sim-01")),
            """
            {"address": "localhost", "keyFile": "/etc/dcbalance/key",
             "hostKey": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMC0K3m1x2n3o4p5q6r7s8t9u0v1w2x3y4z5A6B7C8D9"}
            """);
    assertThat(helper.statusCode()).isEqualTo(400);
    assertThat(helper.body()).contains("localhost is at ", SETTING);
  }

  private HttpResponse<String> api(String method, String path, String body) {
    try (var browser = new Browser(port)) {
      return browser.send(
          browser
              .request("/api/v1" + path)
              .header("Authorization", "Bearer " + ConsoleTest.TOKEN)
              .header("Content-Type", "application/json")
              .method(method, BodyPublishers.ofString(body))
              .build());
    }
  }

  @Test
  void whatSomebodyChangedOfAHostMeanwhileIsNotUndoneByAnOlderForm() {
    long pool =
        jdbc.sql("insert into pool (name, paused) values ('changed', true) returning id")
            .query(Long.class)
            .single();
    try (var one = as(Role.ADMINISTRATOR)) {
      long host =
          jdbc.sql(
                  """
                  insert into host (pool_id, name, uri, state)
                  values (:pool, 'changed-01', 'qemu+tcp://127.0.0.1:9/system', 'DOWN') returning id
                  """)
              .param("pool", pool)
              .query(Long.class)
              .single();
      var path = "/hosts/" + host;
      var seen = version(one.page(path + "/edit"));
      assertThat(save(one, path, pool, seen, "changed-02").statusCode()).isEqualTo(302);
      var late = save(one, path, pool, seen, "changed-03");
      assertThat(late.statusCode()).isEqualTo(409);
      assertThat(late.body())
          .contains(
              "changed-02 was changed after you loaded it, last by page-administrator",
              "value=\"changed-03\"");
      assertThat(save(one, path, pool, version(late.body()), "changed-03").statusCode())
          .isEqualTo(302);
      assertThat(one.page(path)).contains("changed-03");
    } finally {
      jdbc.sql("delete from host where pool_id = :pool").param("pool", pool).update();
      jdbc.sql("delete from pool where id = :pool").param("pool", pool).update();
    }
  }

  private static HttpResponse<String> save(
      SignedIn administrator, String path, long pool, String version, String name) {
    return administrator.send(
        path,
        "name",
        name,
        "uri",
        "qemu+tcp://127.0.0.1:9/system",
        "poolId",
        String.valueOf(pool),
        "version",
        version,
        "action",
        "save");
  }

  /** Where there is no libvirt here, that is what is said instead. */
  @Test
  void viewersSeeNoAddressOfAHostThatIsNotReached() {
    long pool =
        jdbc.sql("insert into pool (name, paused) values ('silent', true) returning id")
            .query(Long.class)
            .single();
    try {
      long host =
          jdbc.sql(
                  """
                  insert into host (pool_id, name, uri, state, state_since)
                  values (:pool, 'silent-01', 'qemu+tcp://no-such-machine.invalid:16599/system', 'UP', now())
                  returning id
                  """)
              .param("pool", pool)
              .query(Long.class)
              .single();
      var event =
          Await.until(
              "its event",
              Duration.ofSeconds(30),
              () ->
                  jdbc.sql(
                          "select sentence from fleet_event where host_id = :host and kind = 'host-down'")
                      .param("host", host)
                      .query(String.class)
                      .optional()
                      .orElse(null),
              _ -> true);
      assertThat(event)
          .startsWith("silent-01 does not answer: ")
          .doesNotContain("no-such-machine", "16599");
      try (var viewer = as(Role.VIEWER)) {
        for (var path : List.of("/hosts", "/hosts/" + host, "/about", "/api/v1/hosts/" + host)) {
          assertThat(viewer.page(path)).as(path).doesNotContain("no-such-machine", "16599");
        }
      }
    } finally {
      jdbc.sql("delete from host where pool_id = :pool").param("pool", pool).update();
      jdbc.sql("delete from pool where id = :pool").param("pool", pool).update();
    }
  }

  /** The rules may have become stricter, and links and names lead elsewhere, since it was added. */
  @Test
  void viewersSeeNeitherAddressNorPathOfAHostThatIsNotAllowedAnyMore() {
    long pool =
        jdbc.sql("insert into pool (name, paused) values ('refused', true) returning id")
            .query(Long.class)
            .single();
    try {
      var hosts =
          jdbc.sql(
                  """
                  insert into host (pool_id, name, uri, state, state_since) values
                    (:pool, 'refused-01', 'qemu+tls://kvm-01/system?pkipath=/etc/secret-folder', 'UP', now()),
                    (:pool, 'refused-02', 'qemu+tcp://127.0.0.1:9/system', 'UP', now())
                  returning id
                  """)
              .param("pool", pool)
              .query(Long.class)
              .list();
      Await.until(
          "both are down",
          Duration.ofSeconds(20),
          () ->
              jdbc.sql("select count(*) from host where pool_id = :pool and state = 'DOWN'")
                  .param("pool", pool)
                  .query(Long.class)
                  .single(),
          down -> down == 2);
      try (var viewer = as(Role.VIEWER)) {
        assertThat(viewer.page("/hosts"))
            .as("the reason in place of the load that there is not")
            .containsPattern("colspan=\"5\">since [^<]+ are not allowed here any more");
        for (var host : hosts) {
          assertThat(viewer.page("/hosts/" + host)).contains("are not allowed here any more");
          assertThat(viewer.page("/api/v1/hosts/" + host))
              .contains("\"stateDetail\":\"Its connection settings are not allowed here any more");
        }
        for (var path :
            List.of(
                "/hosts",
                "/hosts/" + hosts.get(0),
                "/hosts/" + hosts.get(1),
                "/pools/" + pool,
                "/events",
                "/about",
                "/api/v1/hosts",
                "/api/v1/hosts/" + hosts.get(0),
                "/api/v1/hosts/" + hosts.get(1),
                "/api/v1/events")) {
          assertThat(viewer.page(path))
              .as(path)
              .doesNotContain("secret-folder", "pkipath", "127.0.0.1:9", "qemu+");
        }
      }
      try (var administrator = as(Role.ADMINISTRATOR)) {
        assertThat(
                administrator
                    .send(
                        "/hosts/" + hosts.getFirst(),
                        "name",
                        "refused-01",
                        "uri",
                        "qemu+tls://kvm-01/system?pkipath=/etc/secret-folder",
                        "poolId",
                        Long.toString(pool),
                        "action",
                        "test")
                    .body())
            .as("why, when testing it")
            .contains("names /etc/secret-folder, which is not below a folder");
      }
    } finally {
      jdbc.sql("delete from host where pool_id = :pool").param("pool", pool).update();
      jdbc.sql("delete from pool where id = :pool").param("pool", pool).update();
    }
  }
}
