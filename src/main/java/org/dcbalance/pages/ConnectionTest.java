package org.dcbalance.pages;

import java.util.ArrayList;
import java.util.List;
import org.dcbalance.console.Format;
import org.dcbalance.hypervisor.Capability;
import org.dcbalance.inventory.HostRegistration.Reach;
import org.dcbalance.inventory.HostRegistration.Tested;
import org.dcbalance.units.Problem;
import org.jspecify.annotations.Nullable;

/**
 * What a connection test found, line by line.
 *
 * @param advice what to do about a host that was not reached
 */
record ConnectionTest(boolean reached, List<Line> checks, @Nullable String advice) {

  /** One thing that was to be tried. */
  record Line(Outcome outcome, String sentence) {
    Line(boolean ok, String sentence) {
      this(ok ? Outcome.PASSED : Outcome.FAILED, sentence);
    }
  }

  /** How it went; some things cannot be tried on some hosts. */
  enum Outcome {
    PASSED,
    FAILED,
    NOT_TRIED
  }

  static ConnectionTest of(Tested tested, Format format) {
    var facts = tested.facts();
    var lines = new ArrayList<Line>();
    lines.add(new Line(true, "It answers, and calls itself " + facts.hostName() + "."));
    lines.add(
        new Line(
            true,
            "It runs %s %s, with libvirt %s."
                .formatted(facts.hypervisor(), facts.hypervisorVersion(), facts.libraryVersion())));
    lines.add(
        new Line(
            true,
            "It has %s, %s of memory and %s."
                .formatted(
                    format.plural(facts.cores(), "core", "cores"),
                    format.bytes(facts.memory()),
                    format.plural(tested.guests(), "guest", "guests"))));
    var cannot = facts.missing().get(Capability.LIVE_MIGRATION);
    lines.add(
        new Line(
            cannot == null,
            cannot == null
                ? "It can migrate guests live."
                : "It cannot migrate guests live: " + cannot));
    tested.reach().stream().map(ConnectionTest::line).forEach(lines::add);
    if (tested.reach().isEmpty()) {
      lines.add(new Line(true, "There is no other host in its pool that it would have to reach."));
    }
    return new ConnectionTest(true, List.copyOf(lines), null);
  }

  static ConnectionTest failed(Problem problem) {
    return new ConnectionTest(
        false, List.of(new Line(false, problem.sentence())), problem.advice());
  }

  private static Line line(Reach reach) {
    if (reach.problem() != null && !reach.tried()) {
      return new Line(Outcome.NOT_TRIED, reach.problem());
    }
    return reach.problem() == null
        ? new Line(true, reach.from() + " reaches " + reach.to() + ".")
        : new Line(false, reach.from() + " does not reach " + reach.to() + ": " + reach.problem());
  }
}
