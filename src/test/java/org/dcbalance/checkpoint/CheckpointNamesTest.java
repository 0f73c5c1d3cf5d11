package org.dcbalance.checkpoint;

import static java.net.URLEncoder.encode;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest.BodyPublishers;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.dcbalance.testing.Await;
import org.dcbalance.testing.Browser;
import org.dcbalance.testing.ConsoleTest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.jdbc.core.simple.JdbcClient;
import tools.jackson.databind.json.JsonMapper;

/** No name leads out of where checkpoints are kept: those of people are refused, others unused. */
@ConsoleTest
class CheckpointNamesTest {
  private static final String VM = "../../etc/x";
  private static final String INSERT_VM =
      """
      insert into vm (uuid, host_id, name, state, vcpus, max_memory_bytes, memory_bytes)
      select gen_random_uuid(), id, '%s', 'RUNNING', 1, 1, 1 from host where pool_id = :pool returning id
      """;
  private static final String NO_STORAGE = "is not a name of a storage pool.";
  private static final String NO_MACHINE = "is not a name for a virtual machine";
  private static final String NO_CLUSTER = "A virtual cluster needs a name of 1 to 63 letters";

  @LocalServerPort private int port;
  @Autowired private JdbcClient jdbc;
  @Autowired private CheckpointRows rows;
  private Browser browser;
  private long pool;
  private long vm;
  private long other;
  private long checkpoint;

  @BeforeEach
  void keep() {
    browser = new Browser(port);
    browser.signIn("admin", ConsoleTest.PASSWORD);
    pool = number("insert into pool (name) values ('names ' || gen_random_uuid()) returning id");
    number(
        """
        insert into host (pool_id, name, uri, state)
        values (:pool, 'names-' || gen_random_uuid(), 'qemu+tcp://127.0.0.1:9/' || gen_random_uuid(), 'UP')
        returning id
        """);
    vm = number(INSERT_VM.formatted(VM));
    other = number(INSERT_VM.formatted("names-other"));
    checkpoint =
        number(
            """
            insert into checkpoint (vm_id, pool_id, host_id, storage, state, live, why, requested_by,
              captured_at, memory_bytes)
            select v.id, h.pool_id, h.id, 'kept', 'COMPLETE', true, '', 'amy', now(), 1
            from vm v join host h on h.id = v.host_id where h.pool_id = :pool and v.name = 'names-other'
            returning id
            """);
    number(
        """
        insert into checkpoint_storage (pool_id, storage, set_by) values (:pool, 'kept', 'amy')
        returning pool_id
        """);
  }

  @AfterEach
  void forget() {
    browser.close();
    for (var each :
        new String[] {
          "delete from vm where host_id in (select id from host where pool_id = :pool)",
          "delete from host where pool_id = :pool",
          "delete from pool where id = :pool"
        }) {
      jdbc.sql(each).param("pool", pool).update();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "../x",
        "..",
        ".",
        "/etc",
        "/etc/passwd",
        "a/../../etc/x",
        "a%2fb",
        "..%2f..%2fetc",
        "..\\x",
        "a\u0000b",
        "a\nb"
      })
  void whatPeopleNameIsRefusedWithASentence(String name) {
    refused("PUT", "/api/v1/pools/" + pool + "/checkpoint-storage", name, NO_STORAGE);
    refused("POST", "/api/v1/checkpoints/" + checkpoint + "/copies", name, NO_MACHINE);
    refused("POST", "/api/v1/virtual-clusters", name, NO_CLUSTER);
    refused("/pools/" + pool + "/checkpoint-storage", name, NO_STORAGE);
    refused("/checkpoints/" + checkpoint + "/copies", name, NO_MACHINE);
    refused("/virtual-clusters", name, NO_CLUSTER);
    assertThat(
            jdbc.sql("select storage from checkpoint_storage where pool_id = :pool")
                .param("pool", pool)
                .query(String.class)
                .list())
        .containsExactly("kept");
    assertThat(number("select count(*) from virtual_cluster where pool_id = :pool")).isZero();
    assertThat(
            number(
                """
                select count(*) from checkpoint_restore r join checkpoint c on c.id = r.checkpoint_id
                where c.pool_id = :pool
                """))
        .isZero();
  }

  private void refused(String method, String path, String name, String sentence) {
    var body = new HashMap<String, Object>(Map.of("name", name));
    if (path.endsWith("/virtual-clusters")) {
      body.put("vmIds", List.of(vm, other));
    }
    var answer =
        browser.send(
            browser
                .request(path)
                .header("Content-Type", "application/json")
                .header("Authorization", "Bearer " + ConsoleTest.TOKEN)
                .method(
                    method, BodyPublishers.ofString(JsonMapper.shared().writeValueAsString(body)))
                .build());
    assertThat(answer.statusCode()).as(method + " " + path).isEqualTo(400);
    assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/problem+json");
    assertThat(answer.body()).contains(sentence);
  }

  private void refused(String path, String name, String sentence) {
    var answer =
        browser.post(
            path,
            "name=%s&members=%s&_csrf=%s"
                .formatted(
                    encode(name, UTF_8),
                    encode(VM + ", names-other", UTF_8),
                    encode(browser.csrf("/login"), UTF_8)));
    assertThat(answer.statusCode()).as(path).isEqualTo(302);
    var page = browser.get(answer.headers().firstValue("Location").orElseThrow());
    assertThat(page.statusCode()).as(path).isEqualTo(200);
    assertThat(page.body()).contains("<span>Refused</span>", sentence);
  }

  @Test
  void whatAHypervisorNamesNamesNoFile() {
    long taken =
        Await.until(
            "a checkpoint of " + VM,
            Duration.ofSeconds(30),
            () -> {
              // nothing answers at this host, which is noticed at any time
              jdbc.sql("update host set state = 'UP' where pool_id = :pool")
                  .param("pool", pool)
                  .update();
              var answer =
                  browser.send(
                      browser
                          .request("/api/v1/vms/" + vm + "/checkpoints")
                          .header("Authorization", "Bearer " + ConsoleTest.TOKEN)
                          .POST(BodyPublishers.noBody())
                          .build());
              return answer.statusCode() == 202
                  ? JsonMapper.shared().readTree(answer.body()).get("id").asLong()
                  : null;
            },
            _ -> true);
    var prefix = rows.prefix(taken);
    assertThat(prefix).matches("dcb-[0-9a-f]{8}-" + taken);
    assertThat(Checkpoint.memoryVolume(prefix)).matches("[a-z0-9.-]+");
    assertThat(browser.get("/checkpoints/" + taken).statusCode()).isEqualTo(200);
    assertThat(browser.get("/checkpoints/" + taken).body()).contains("Checkpoint of " + VM);
  }

  private long number(String query) {
    var statement = jdbc.sql(query);
    return (query.contains(":pool") ? statement.param("pool", pool) : statement)
        .query(Long.class)
        .single();
  }
}
