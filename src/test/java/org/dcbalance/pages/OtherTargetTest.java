package org.dcbalance.pages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.dcbalance.pages.SignedIn.notice;

import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.regex.Pattern;
import org.dcbalance.access.Role;
import org.dcbalance.recommendation.OtherTargets;
import org.dcbalance.testing.Browser;
import org.dcbalance.testing.ConsolePagesTest;
import org.dcbalance.testing.ConsoleTest;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Operator;
import org.dcbalance.units.Problem;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;

/** Another target than the proposed one is chosen, by page and API. */
@ConsolePagesTest
class OtherTargetTest extends SimulatedPages {
  private static final Pattern OFFER =
      Pattern.compile("name=\"targetHostId\" value=\"(\\d+)\".*?Move to (\\S+) instead");

  @Autowired private OtherTargets others;
  private long pool;

  /** Proposals of a pool without hosts, for VMs of the simulated one: no round takes them away. */
  @BeforeEach
  void havePool() {
    fleet.host("sim-04");
    pool =
        jdbc.sql("insert into pool (name) values ('elsewhere ' || gen_random_uuid()) returning id")
            .query(Long.class)
            .single();
  }

  @AfterEach
  void forget() {
    jdbc.sql("delete from pool where id = :pool").param("pool", pool).update();
  }

  @Test
  void aPossibleTargetIsChosenOnThePageAndTheMoveThereIsQueued() {
    long id = proposed("vpn-01", "1 hour");
    try (var operator = as(Role.OPERATOR);
        var viewer = as(Role.VIEWER)) {
      assertThat(viewer.page("/recommendations/" + id))
          .contains("Possible targets", "Imbalance then")
          .doesNotContain(" instead</button>");
      assertThat(
              viewer.send("/recommendations/" + id + "/target", "targetHostId", "1").statusCode())
          .isEqualTo(403);
      var offer = OFFER.matcher(operator.page("/recommendations/" + id));
      assertThat(offer.find()).as("There is another possible target.").isTrue();
      long target = Long.parseLong(offer.group(1));
      assertThat(target).isNotEqualTo(proposedTarget(id));
      assertThat(
              operator.sendAndFollow(
                  "/recommendations/" + id + "/target", "targetHostId", "" + target))
          .contains("Recommended move of vpn-01, to another target.", offer.group(2));
      assertThat(migrations("vpn-01", target)).isEqualTo(1);
      assertThat(state(id)).isEqualTo("REJECTED");
      assertThat(operator.page("/recommendations/" + id))
          .contains("Rejected", "Another target was chosen: " + offer.group(2) + ".")
          .doesNotContain(" instead</button>", "Possible targets");
      leadsTo(operator, id, migration("vpn-01"));
      assertThat(deeds(id, "vpn-01")).contains("REJECTED", "MOVE_ASKED");
      assertThat(
              notice(
                  operator.sendAndFollow(
                      "/recommendations/" + id + "/target", "targetHostId", "" + target)))
          .startsWith("bad")
          .contains(
              "to move vpn-01 cannot be given another target, since it was rejected by page-operator:"
                  + " Another target was chosen: "
                  + offer.group(2)
                  + ".");
      assertThat(migrations("vpn-01", target)).as("sent twice").isEqualTo(1);
    }
  }

  @Test
  void theApiAnswersAsToAnApproval() {
    long id = proposed("files-01", "1 hour");
    long target = fleet.otherTarget(id);
    assertThat(post(id, "{}").body()).contains("\\\"targetHostId\\\" is missing.");
    var answer = post(id, "{\"targetHostId\": %d}".formatted(target));
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    assertThat(answer.body())
        .contains("\"state\":\"REJECTED\"", "\"note\":\"Another target was chosen: ");
    assertThat(migrations("files-01", target)).isEqualTo(1);
    var led = "\"migrationId\":" + migration("files-01") + "}";
    assertThat(answer.body()).endsWith(led);
    assertThat(get("/" + id).body()).endsWith(led);
    assertThat(get("?state=REJECTED&poolId=" + pool).body()).contains("\"id\":" + id + ",", led);
    var again = post(id, "{\"targetHostId\": %d}".formatted(target));
    assertThat(again.statusCode()).isEqualTo(409);
    assertThat(again.body()).contains("it was rejected by token environment: Another target");
  }

  @Test
  void whatWasProposedLeadsToTheNewestAttempt() {
    long id = proposed("ldap-01", "1 hour");
    others.choose(id, new HostId(fleet.otherTarget(id)), new Operator("ann"));
    long first = migration("ldap-01");
    try (var viewer = as(Role.VIEWER)) {
      leadsTo(viewer, id, first);
      long second =
          jdbc.sql(
                  """
                  insert into migration (pool_id, vm_id, source_id, target_id, state, why, requested_by,
                    created_at, finished_at, attempt, retry_of)
                  select pool_id, vm_id, source_id, target_id, 'FAILED', why, requested_by, now(), now(), 2, id
                  from migration where id = :id returning id
                  """)
              .param("id", first)
              .query(Long.class)
              .single();
      leadsTo(viewer, id, second);
    }
  }

  /** The page does, and so does what it fetches while it is open. */
  private static void leadsTo(SignedIn someone, long id, long migration) {
    var link = "href=\"/migrations/" + migration + "\">Follow the migration</a>";
    var path = "/recommendations/" + id;
    assertThat(someone.page(path)).contains(link);
    assertThat(someone.fragment(path + "?fragment=state")).contains(link);
    assertThat(someone.fragment(path + "?fragment=targets"))
        .contains("id=\"possible-targets\"")
        .doesNotContain("Possible targets");
  }

  @Test
  void ofTwoAtOnceOneWinsAndTheOtherIsToldWhy() throws Exception {
    long id = proposed("win-01", "1 hour");
    var calls = new ArrayList<Callable<String>>();
    for (var name : List.of("ann", "bob")) {
      calls.add(() -> choose(id, name));
    }
    var answers = new ArrayList<String>();
    try (var threads = Executors.newFixedThreadPool(2)) {
      for (var answer : threads.invokeAll(calls)) {
        answers.add(answer.get());
      }
    }
    assertThat(answers).filteredOn("done"::equals).hasSize(1);
    assertThat(answers)
        .filteredOn(answer -> !answer.equals("done"))
        .singleElement()
        .satisfies(
            answer ->
                assertThat(answer)
                    .startsWith("CONFLICT")
                    .contains("cannot be given another target, since it was rejected by "));
    assertThat(migrations("win-01", fleet.otherTarget(id))).isEqualTo(1);
  }

  private String choose(long id, String name) {
    try {
      others.choose(id, new HostId(fleet.otherTarget(id)), new Operator(name));
      return "done";
    } catch (Problem e) {
      return e.code() + ": " + e.sentence();
    }
  }

  @Test
  void whatPreFlightRefusesLeavesTheProposalAsItWas() {
    long id = proposed("mail-01", "1 hour");
    jdbc.sql("update vm set never_move = true, never_move_note = 'Licence' where name = 'mail-01'")
        .update();
    try (var operator = as(Role.OPERATOR)) {
      var page =
          operator.sendAndFollow(
              "/recommendations/" + id + "/target", "targetHostId", "" + fleet.otherTarget(id));
      assertThat(notice(page))
          .startsWith("bad")
          .contains("mail-01 is marked &quot;never move&quot; (Licence).");
      assertThat(page).contains("Approve 1 move");
      assertThat(state(id)).isEqualTo("PROPOSED");
      assertThat(migrations("mail-01", fleet.otherTarget(id))).isZero();
      assertThat(deeds(id, "mail-01")).isEmpty();
    } finally {
      jdbc.sql("update vm set never_move = false, never_move_note = '' where name = 'mail-01'")
          .update();
    }
  }

  @Test
  void whatBreaksARuleIsRefusedToo() {
    long id = proposed("mail-01", "1 hour");
    long rule =
        jdbc.sql(
                """
                insert into placement_rule (pool_id, name, kind, hard, added_by)
                values (:pool, 'mail-stays-off', 'OFF', true, 'test') returning id
                """)
            .param("pool", fleet.pool())
            .query(Long.class)
            .single();
    jdbc.sql("insert into placement_rule_vm (rule_id, vm_id) values (:rule, :vm)")
        .param("rule", rule)
        .param("vm", fleet.vm("mail-01"))
        .update();
    jdbc.sql("insert into placement_rule_host (rule_id, host_id) values (:rule, :host)")
        .param("rule", rule)
        .param("host", fleet.otherTarget(id))
        .update();
    try {
      refused(id, ErrorCode.REFUSED, "It would break the rule \"mail-stays-off\"");
      assertThat(state(id)).isEqualTo("PROPOSED");
    } finally {
      jdbc.sql("delete from placement_rule where id = :rule").param("rule", rule).update();
    }
  }

  @Test
  void whatHasExpiredOrMovesWithOthersOrMayNotBeMovedIsNotOfferedAndRefused() {
    long id = proposed("mail-01", "-1 hour");
    try (var operator = as(Role.OPERATOR)) {
      notOffered(operator, id);
      refused(id, ErrorCode.CONFLICT, "it expired at ");
      jdbc.sql(
              """
              update recommendation set expires_at = now() + interval '1 hour',
                together = array[(select id from vm where name = 'ldap-01')] where id = :id
              """)
          .param("id", id)
          .update();
      notOffered(operator, id);
      refused(id, ErrorCode.CONFLICT, "A rule keeps mail-01 with others");
      jdbc.sql("update recommendation set together = '{}' where id = :id").param("id", id).update();
      assertThat(operator.page("/recommendations/" + id)).contains(" instead</button>");
      jdbc.sql("update pool set automation = 'OBSERVE' where id = :id").param("id", pool).update();
      notOffered(operator, id);
      refused(id, ErrorCode.CONFLICT, "is set to observe only, so nothing is moved.");
      jdbc.sql("update pool set automation = 'MANUAL', paused = true where id = :id")
          .param("id", pool)
          .update();
      refused(id, ErrorCode.CONFLICT, " is paused.");
    }
    assertThatThrownBy(() -> others.choose(id, new HostId(proposedTarget(id)), new Operator("ann")))
        .hasMessageContaining("is the proposed target itself.");
    assertThat(state(id)).isEqualTo("PROPOSED");
  }

  private static void notOffered(SignedIn operator, long id) {
    assertThat(operator.page("/recommendations/" + id))
        .contains("Possible targets")
        .doesNotContain(" instead</button>");
  }

  private void refused(long id, ErrorCode code, String because) {
    long target = fleet.otherTarget(id);
    assertThatThrownBy(() -> others.choose(id, new HostId(target), new Operator("ann")))
        .isInstanceOfSatisfying(Problem.class, p -> assertThat(p.code()).isEqualTo(code))
        .hasMessageContaining(because);
  }

  private HttpResponse<String> get(String path) {
    try (var browser = new Browser(port)) {
      return browser.get(
          "/api/v1/recommendations" + path, "Authorization", "Bearer " + ConsoleTest.TOKEN);
    }
  }

  private HttpResponse<String> post(long id, String body) {
    try (var browser = new Browser(port)) {
      return browser.send(
          browser
              .request("/api/v1/recommendations/" + id + "/target")
              .header("Authorization", "Bearer " + ConsoleTest.TOKEN)
              .header("Content-Type", "application/json")
              .POST(BodyPublishers.ofString(body))
              .build());
    }
  }

  private long proposed(String vm, String expires) {
    return fleet.propose(pool, vm, expires);
  }

  private long proposedTarget(long id) {
    return jdbc.sql("select target_id from recommendation where id = :id")
        .param("id", id)
        .query(Long.class)
        .single();
  }

  private String state(long id) {
    return jdbc.sql("select state from recommendation where id = :id")
        .param("id", id)
        .query(String.class)
        .single();
  }

  private long migrations(String vm, long target) {
    return jdbc.sql(
            """
            select count(*) from migration m join vm v on v.id = m.vm_id
            where v.name = :vm and m.target_id = :target and m.recommendation_id is null
            """)
        .param("vm", vm)
        .param("target", target)
        .query(Long.class)
        .single();
  }

  private long migration(String vm) {
    return jdbc.sql(
            """
            select max(m.id) from migration m join vm v on v.id = m.vm_id
            where v.name = :vm and m.recommendation_id is null
            """)
        .param("vm", vm)
        .query(Long.class)
        .single();
  }

  private List<String> deeds(long recommendation, String vm) {
    return jdbc.sql(
            """
            select act from audit_entry where kind = 'recommendation' and object_id = :id
              or kind = 'migration' and object_id in (
                select m.id from migration m join vm v on v.id = m.vm_id where v.name = :vm)
            """)
        .param("id", recommendation)
        .param("vm", vm)
        .query(String.class)
        .list();
  }
}
