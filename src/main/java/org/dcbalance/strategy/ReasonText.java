package org.dcbalance.strategy;

import java.time.Instant;
import java.util.Locale;
import org.dcbalance.units.Memory;
import org.dcbalance.units.UtcMinute;

/** Turn reasons into the sentences that operators read; times are in UTC. */
public final class ReasonText {
  private ReasonText() {}

  /**
   * Say it in one or two sentences that end in a full stop.
   *
   * <p>What concerns a VM that was passed over speaks of it as "it".
   */
  public static String of(Reason reason) {
    return switch (reason) {
      case Reason.CpuOverload r ->
          "%s CPU at %s for the window, above %s; %s causes %s of it."
              .formatted(
                  r.host(), share(r.share()), share(r.threshold()), r.vm(), points(r.caused()));
      case Reason.MemoryOverload r ->
          "%s memory at %s for the window, above %s; %s takes %s of it."
              .formatted(
                  r.host(), share(r.share()), share(r.threshold()), r.vm(), points(r.caused()));
      case Reason.Uneven r ->
          (r.before() > r.threshold()
                  ? "The pool's imbalance of %s is above %s; this move brings it to %s. The busiest CPU is that of %s at %s."
                  : "A host is overloaded, though the imbalance of %s is not above %s; this move brings it to %s. The busiest CPU is that of %s at %s.")
              .formatted(
                  score(r.before()),
                  score(r.threshold()),
                  score(r.after()),
                  r.mostLoaded(),
                  share(r.share()));
      case Reason.Mends r ->
          "%s \"%s\" %s: %s."
              .formatted(
                  r.hard() ? "Rule" : "The soft rule",
                  r.rule(),
                  r.hard() ? "is broken" : "is not met",
                  switch (r.kind()) {
                    case TOGETHER -> r.vm() + " on " + r.host() + " is off the host of the others";
                    case APART -> r.vm() + " shares " + r.host() + " with another of its VMs";
                    case ON ->
                        r.vm() + " should not run on " + r.host() + ", but on the hosts named";
                    case OFF -> r.vm() + " should not run on " + r.host();
                  });
      case Reason.GoesAlong r ->
          of(r.reason())
              + " It moves together with %s, from which a rule does not part it."
                  .formatted(String.join(", ", r.others()));
      case Reason.MakesRoom r ->
          "No host could take a large VM: %s of it found no room; this move brings that to %s."
              .formatted(share(r.missing()), share(r.after()));
      case Reason.BestTarget r ->
          r.possible() == 1
              ? "%s is the only host that can take it with enough gain: CPU at %s and memory at %s before the move."
                  .formatted(r.host(), share(r.cpuShare()), share(r.memoryShare()))
              : "Of %d hosts that can take it, %s gains most for the price: CPU at %s and memory at %s before the move."
                  .formatted(r.possible(), r.host(), share(r.cpuShare()), share(r.memoryShare()));
      case Reason.Tied r -> "It cannot move. %s.".formatted(unstopped(r.because()));
      case Reason.HostClosed r ->
          "Its host %s takes no part in balancing: %s.".formatted(r.host(), unstopped(r.because()));
      case Reason.Resting r -> "It moved lately and rests until %s.".formatted(time(r.until()));
      case Reason.AlreadyMoving _ -> "A move of it is approved or under way.";
      case Reason.NoTarget r ->
          r.hosts() == 0
              ? "There is nowhere to move it: %s.".formatted(unstopped(r.because()))
              : r.hosts() == 1
                  ? "The only other host cannot take it: %s.".formatted(unstopped(r.because()))
                  : "None of %d other hosts can take it; the first one: %s."
                      .formatted(r.hosts(), unstopped(r.because()));
      case Reason.NoRoom r ->
          "No open host has the %s of memory that it needs.".formatted(size(r.needed()));
      case Reason.KeptByRule r ->
          switch (r.kind()) {
            case TOGETHER ->
                "Rule \"%s\" does not let it move without the others; all of them together cannot, or gain too little."
                    .formatted(r.rule());
            case APART ->
                "Rule \"%s\" keeps it off the hosts of others, and no other host can take it."
                    .formatted(r.rule());
            case ON, OFF ->
                "Rule \"%s\" allows it on no other host that can take it.".formatted(r.rule());
          };
      case Reason.NoCause _ ->
          "Load is even enough, and moving it would not help with what else is asked for.";
      case Reason.WouldOverload r ->
          "It would overload any target: %s %s would peak at %s, above %s."
              .formatted(r.host(), r.resource(), share(r.share()), share(r.threshold()));
      case Reason.GainTooSmall r ->
          r.gain() <= 0
              ? "No move of it makes the pool more even."
              : "Its best move takes %s off the imbalance, less than the %s that a move must gain."
                  .formatted(score(r.gain()), score(r.minimum()));
      case Reason.TooCostly r ->
          r.downtimeSeconds() > r.allowedSeconds()
              ? "It changes %s of memory per second: its migration is expected to pause it for %s, and %s is allowed."
                  .formatted(
                      mib(r.dirtyMiBPerSecond()),
                      seconds(r.downtimeSeconds()),
                      seconds(r.allowedSeconds()))
              : "It changes %s of memory per second: its migration is expected not to end."
                  .formatted(mib(r.dirtyMiBPerSecond()));
      case Reason.TooLong r ->
          "Its migration is expected to take %s, and %s is allowed."
              .formatted(minutes(r.seconds()), minutes(r.allowedSeconds()));
      case Reason.Afterwards r ->
          "Once the proposed moves are made: " + decapitalized(of(r.reason()));
      case Reason.NotNeeded _ ->
          "It would be a good move, but the proposed ones bring the pool within bounds.";
      case Reason.OverTransfer r ->
          "Moving it would copy %s, and the moves of one round may copy only %s more."
              .formatted(size(r.needed()), size(r.left()));
      case Reason.OverCap r ->
          "It would be a good move, but no more than %d may be proposed or under way at once."
              .formatted(r.maxMoves());
    };
  }

  private static String share(double share) {
    return Math.round(share * 100) + " %";
  }

  private static String points(double share) {
    long points = Math.round(share * 100);
    return points == 1 ? "1 point" : points + " points";
  }

  /** Give three decimals where two would hide what is left. */
  private static String score(double score) {
    return String.format(Locale.ROOT, Math.abs(score) < 0.095 ? "%.3f" : "%.2f", score);
  }

  private static String seconds(double seconds) {
    return seconds < 1
        ? Math.round(seconds * 1000) + " ms"
        : String.format(Locale.ROOT, "%.1f s", seconds);
  }

  private static String minutes(double seconds) {
    return String.format(Locale.ROOT, "%.1f min", seconds / 60);
  }

  private static String mib(double mib) {
    return Math.round(mib) + " MiB";
  }

  static String size(Memory memory) {
    return memory.mib() >= 10 * 1024
        ? Math.round(memory.mib() / 1024.0) + " GiB"
        : memory.mib() >= 1024
            ? String.format(Locale.ROOT, "%.1f GiB", memory.mib() / 1024.0)
            : memory.mib() + " MiB";
  }

  static String time(Instant instant) {
    return UtcMinute.of(instant);
  }

  private static String decapitalized(String sentence) {
    return sentence.substring(0, 1).toLowerCase(Locale.ROOT) + sentence.substring(1);
  }

  /** Let a text that may be a sentence of its own end ours. */
  private static String unstopped(String text) {
    return text.endsWith(".") ? text.substring(0, text.length() - 1) : text;
  }
}
