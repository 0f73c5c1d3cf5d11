package org.dcbalance.story;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.dcbalance.lab.QemuLab;
import org.dcbalance.testing.Await;
import org.dcbalance.testing.Figures;
import tools.jackson.databind.JsonNode;

/**
 * A move that is broken on purpose, and what must hold of its guest and of its record then.
 *
 * @param source the number of the host that it begins on
 */
record BrokenMove(
    QemuLab lab, Moment moment, Fault fault, long id, String guest, int source, int target) {

  /** As QEMU has it where nobody says otherwise; all but stopped moves of ours change it. */
  private static final String DOWNTIME_LIMIT = "300";

  /** What a move writes to its guest's metadata. */
  private static final String MARK = "dcbalance migration=";

  /** Hosts that come to agree by themselves do so by then. */
  private static final Duration LOST_FOR_GOOD = Duration.ofSeconds(45);

  private static final Duration SECOND = Duration.ofSeconds(1);

  /** Have it go wrong, and let links that were not cut for good be whole again. */
  void strike(Console console) {
    switch (fault) {
      case NONE -> {}
      case ABORT -> abort(console);
      case CONSOLE_KILLED -> {
        console.kill();
        console.start();
      }
      case LINK_CUT -> cutLinkFor(Duration.ofSeconds(5));
      case LINK_CUT_FOR_LONG -> cutLinkFor(Duration.ofSeconds(40));
      case LINK_CUT_FOR_GOOD -> lab.cutLink(target);
      case TARGET_DAEMON_KILLED -> lab.host("kill-libvirtd", target);
      case SOURCE_DAEMON_KILLED -> lab.host("kill-libvirtd", source);
      case TARGET_EMULATOR_KILLED -> killEmulator(lab, target, guest);
    }
    if (moment != Moment.POST_COPY) {
      // in post-copy all would be over before the daemons are back
      lab.unlimitLink(source);
    }
  }

  /** libvirt 9.0 may keep the job for good; then what the page says must help. */
  private void abort(Console console) {
    try (var api = console.api()) {
      api.ask("POST", "/api/v1/migrations/" + id + "/abort", Map.of());
      var said =
          Await.until(
              "the end of the move, or what would bring it about",
              Duration.ofMinutes(2),
              () -> shown(api),
              m ->
                  m.get("finishedAt").isString()
                      || m.toString().contains("Maybe restart libvirtd"));
      if (!said.get("finishedAt").isString()) {
        Figures.print("campaign, a job that libvirt kept", said.get("sentence").asString());
        lab.host("kill-libvirtd", source);
      }
    }
  }

  private void cutLinkFor(Duration time) {
    lab.cutLink(target);
    Await.pause(time);
    lab.restoreLink(target);
  }

  private static void killEmulator(QemuLab lab, int host, String guest) {
    // the pattern does not match the shell that looks for it
    lab.host("sh", host, "sh", "-c", "pkill -KILL -f '[g]uest=%s,' || true".formatted(guest));
  }

  /**
   * See it to the end of its record, if need be as a person who does what the record says.
   *
   * @return the state of the record, LOST if a person had to end it
   */
  String end(Api api) {
    var said = endedOrLost(api);
    var state = state(said);
    Figures.print(
        "campaign, %s, %s, as recorded".formatted(moment, fault),
        state + ": " + said.get("sentence").asString());
    assertThat(state).as(said.toString()).isIn(possible());
    if (state.equals("LOST")) {
      saysWhatToDo(api);
      if (moment == Moment.POST_COPY) {
        endBothHalves(lab, guest);
        close(api, id, "neither");
      } else {
        close(api, id, new Fleet(lab, api).hostName(whereItRuns()));
      }
    }
    lab.restoreLink(target);
    lab.unlimitLink(source);
    return state;
  }

  private JsonNode endedOrLost(Api api) {
    if (!possible().contains("LOST")) {
      return new Fleet(lab, api).ended(id, Duration.ofMinutes(3));
    }
    var said =
        Await.until(
            "the end of migration " + id + ", or that it is lost",
            Duration.ofMinutes(3),
            () -> shown(api),
            m -> !List.of("PENDING", "RUNNING").contains(state(m)));
    var lost = Figures.watch();
    while (state(said).equals("LOST")
        && fault != Fault.LINK_CUT_FOR_GOOD
        && lost.passed().compareTo(LOST_FOR_GOOD) < 0) {
      Await.pause(SECOND);
      said = shown(api);
    }
    return said;
  }

  /** Only post-copy loses a guest, and of a host that is silent for good only a person can tell. */
  private List<String> possible() {
    return switch (fault) {
      case LINK_CUT_FOR_GOOD -> List.of("LOST");
      case ABORT -> List.of("ABORTED", "COMPLETED");
      case NONE, CONSOLE_KILLED -> List.of("COMPLETED");
      case TARGET_EMULATOR_KILLED ->
          moment == Moment.POST_COPY ? List.of("LOST") : List.of("FAILED", "COMPLETED");
      case LINK_CUT, LINK_CUT_FOR_LONG, TARGET_DAEMON_KILLED, SOURCE_DAEMON_KILLED ->
          moment == Moment.POST_COPY
              ? List.of("COMPLETED", "LOST")
              : List.of("COMPLETED", "FAILED");
    };
  }

  private void saysWhatToDo(Api api) {
    var sentence =
        Await.until(
            "what to do about a lost move",
            Duration.ofSeconds(30),
            () -> shown(api).get("sentence").asString(),
            said -> said.contains("Maybe "));
    if (fault == Fault.TARGET_EMULATOR_KILLED) {
      assertThat(sentence)
          .contains("is lost")
          .contains("must not go on")
          .contains("virsh destroy " + guest)
          .contains("checkpoint");
    }
  }

  /** End what is left of a guest on both hosts of a lab, also where a daemon is stuck with it. */
  static void endBothHalves(QemuLab lab, String guest) {
    for (int host = 1; host <= 2; host++) {
      killEmulator(lab, host, guest);
      lab.host("kill-libvirtd", host);
      // it returns by itself, which this waits for
      lab.host("start-libvirtd", host);
    }
  }

  /** State where the guest runs until that is taken: both hosts must say the same twice. */
  static void close(Api api, long id, String runsOn) {
    Await.until(
        "migration " + id + " to be closed, running on " + runsOn,
        Duration.ofMinutes(1),
        SECOND,
        () -> {
          api.ask(
              "POST",
              "/api/v1/migrations/" + id + "/close",
              Map.of("runsOn", runsOn, "why", "both hosts were looked at"));
          return api.get("/api/v1/migrations/" + id);
        },
        m -> m.get("finishedAt").isString());
  }

  /** The guest runs once, where its record says, is known nowhere else, and is as it was. */
  void nothingIsLeft(Fleet fleet, String state) {
    int host = whereItRuns();
    if (!state.equals("LOST")) {
      assertThat(state.equals("COMPLETED"))
          .as("the record says %s, and it runs on host %d", state, host)
          .isEqualTo(host == target);
    }
    Await.until(
        "the inventory to show %s on host %d".formatted(guest, host),
        Duration.ofSeconds(60),
        () -> fleet.vm(guest).get("host").asString(),
        fleet.hostName(host)::equals);
    Await.until(
        "%s to be known to host %d alone".formatted(guest, host),
        Duration.ofSeconds(60),
        () -> lab.where(guest),
        List.of(host + " running")::equals);
    assertThat(lab.host("virsh", host, "dominfo", guest)).containsPattern("Persistent: +yes");
    Await.until(
        "its downtime limit to be put back",
        Duration.ofSeconds(60),
        () -> lab.host("virsh", host, "migrate-getmaxdowntime", guest).strip(),
        DOWNTIME_LIMIT::equals);
    Await.until(
        "its mark to be taken off",
        Duration.ofSeconds(60),
        () ->
            lab.host("virsh", host, "dumpxml", guest)
                + lab.host("virsh", host, "dumpxml", "--inactive", guest),
        xml -> !xml.contains(MARK));
  }

  /** Give the number of the one host that runs the guest. */
  private int whereItRuns() {
    var running =
        Await.until(
            guest + " to run on one host",
            Duration.ofSeconds(30),
            () -> lab.where(guest).stream().filter(line -> line.endsWith(" running")).toList(),
            found -> found.size() == 1);
    return Integer.parseInt(running.getFirst().split(" ")[0]);
  }

  private JsonNode shown(Api api) {
    return api.get("/api/v1/migrations/" + id);
  }

  private static String state(JsonNode migration) {
    return migration.get("state").asString();
  }
}
