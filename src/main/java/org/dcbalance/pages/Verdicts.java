package org.dcbalance.pages;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import org.dcbalance.console.Format;
import org.dcbalance.units.PoolId;
import org.springframework.stereotype.Component;

/** Find the one sentence that an operator has to read first. */
@Component
class Verdicts {
  private final Format format;

  Verdicts(Format format) {
    this.format = format;
  }

  /**
   * Judge the pools that are shown.
   *
   * @param hosts their hosts, the hottest first
   */
  Verdict of(Shell shell, List<Board> boards, List<HostLine> hosts) {
    if (boards.isEmpty()) {
      var only = shell.poolId() == null ? null : shell.shown().getFirst().name();
      return new Verdict(
          Verdict.State.EMPTY,
          only == null ? "No host is watched yet" : only + " has no hosts yet",
          null);
    }
    if (shell.stale()) {
      return new Verdict(
          Verdict.State.STALE,
          "No host has sent samples since " + format.moment(shell.newestSample()),
          "What is shown below is as of then. Nothing is decided on stale data.");
    }
    var worstFirst = new ArrayList<>(boards);
    worstFirst.sort(Comparator.comparing(Verdicts::state));
    var worst = worstFirst.getFirst();
    var detail = new ArrayList<String>();
    detail.add(detail(worst));
    worstFirst.stream().skip(1).map(b -> sentence(b, hosts) + ".").forEach(detail::add);
    return new Verdict(state(worst), sentence(worst, hosts), String.join(" ", detail));
  }

  private static Verdict.State state(Board board) {
    var facts = board.facts();
    if (board.waiting() > 0) {
      return Verdict.State.OUT_OF_BALANCE;
    }
    // no round comes, whatever the last one waited for
    if (board.paused()) {
      return Verdict.State.PAUSED;
    }
    if (board.collecting() != null) {
      return Verdict.State.COLLECTING;
    }
    if (board.holding() != null) {
      return Verdict.State.HOLDING;
    }
    if (board.underWay() > 0) {
      return Verdict.State.MOVING;
    }
    return facts != null && facts.imbalance() > facts.threshold()
        ? Verdict.State.OUT_OF_BALANCE
        : Verdict.State.BALANCED;
  }

  private String sentence(Board board, List<HostLine> hosts) {
    return switch (state(board)) {
      case OUT_OF_BALANCE ->
          board.pool() + " is out of balance: " + worstHost(board.poolId(), hosts);
      case HOLDING ->
          "%s has been out of balance for %d of %d rounds"
              .formatted(
                  board.pool(),
                  Objects.requireNonNull(board.holding()).rounds(),
                  Objects.requireNonNull(board.holding()).needed());
      case MOVING -> "%s is being balanced: %s under way".formatted(board.pool(), underWay(board));
      case PAUSED -> board.pool() + " is paused";
      case COLLECTING -> board.pool() + " is being watched, nothing is decided yet";
      case BALANCED -> board.pool() + " is balanced";
      case STALE, EMPTY -> board.pool();
    };
  }

  private String worstHost(PoolId pool, List<HostLine> hosts) {
    var known = hosts.stream().filter(h -> h.poolId().equals(pool) && h.cpu() != null).toList();
    if (known.isEmpty()) {
      return "no host tells its load";
    }
    var hottest = known.getFirst();
    var fullest =
        known.stream()
            .filter(h -> h.memoryUsed() != null)
            .max(Comparator.comparing(h -> Objects.requireNonNull(h.memoryUsed())))
            .orElse(hottest);
    var memory = fullest.memoryUsed();
    if (memory != null
        && memory > fullest.memoryThreshold()
        && Objects.requireNonNull(hottest.cpu()) <= hottest.cpuThreshold()) {
      return fullest.name() + " has " + format.percent(memory) + " of its memory in use";
    }
    var coolest = known.getLast();
    return "%s carries %s CPU, %s %s"
        .formatted(
            hottest.name(),
            format.percent(hottest.cpu()),
            coolest.name(),
            format.percent(coolest.cpu()));
  }

  private String detail(Board board) {
    if (state(board) == Verdict.State.PAUSED) {
      return pausedDetail(board);
    }
    var collecting = board.collecting();
    if (collecting != null) {
      var last = board.round();
      if (collecting.hosts().isEmpty() && last != null) {
        return last.sentence();
      }
      return "Collecting; the next decision comes after %s (%s so far)."
          .formatted(format.period(collecting.need()), format.period(collecting.have()));
    }
    var facts = board.facts();
    var round = board.round();
    if (facts == null || round == null) {
      return round == null ? "" : round.sentence();
    }
    var figures =
        "Imbalance %s, threshold %s"
            .formatted(format.score(facts.imbalance()), format.score(facts.threshold()));
    return switch (state(board)) {
      case OUT_OF_BALANCE ->
          facts.moves() == 0
              ? round.sentence()
              : "%s; %s would bring it to %s."
                  .formatted(
                      figures,
                      format.plural(facts.moves(), "move", "moves"),
                      format.score(facts.after()));
      case HOLDING -> figures + ". DCbalance proposes only what lasts.";
      case MOVING ->
          "Imbalance once they are done %s, threshold %s."
              .formatted(format.score(facts.imbalance()), format.score(facts.threshold()));
      case BALANCED, COLLECTING, PAUSED, STALE, EMPTY ->
          "%s. Nothing to do. Last round %s.".formatted(figures, format.moment(round.at()));
    };
  }

  private String pausedDetail(Board board) {
    var last = board.round();
    return "%s Nothing is decided until it is resumed.%s"
        .formatted(
            last == null
                ? "It has had no round yet."
                : "Its last round was at " + format.moment(last.at()) + ".",
            board.underWay() == 0 ? "" : " " + underWay(board) + " still under way.");
  }

  private static String underWay(Board board) {
    return board.underWay() == 1 ? "1 move is" : board.underWay() + " moves are";
  }
}
