package org.dcbalance.strategy;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.dcbalance.units.Memory;
import org.junit.jupiter.api.Test;

class ReasonTextTest {
  private static final Map<Reason, String> SENTENCES = new LinkedHashMap<>();

  static {
    SENTENCES.put(
        new Reason.CpuOverload("kvm-02", 0.912, 0.85, "web-07", 0.31),
        "kvm-02 CPU at 91 % for the window, above 85 %; web-07 causes 31 points of it.");
    SENTENCES.put(
        new Reason.MemoryOverload("kvm-02", 0.94, 0.9, "db-01", 0.012),
        "kvm-02 memory at 94 % for the window, above 90 %; db-01 takes 1 point of it.");
    SENTENCES.put(
        new Reason.Uneven(0.312, 0.0843, 0.15, "kvm-01", 0.78),
        "The pool's imbalance of 0.31 is above 0.15; this move brings it to 0.084. The busiest CPU"
            + " is that of kvm-01 at 78 %.");
    SENTENCES.put(
        new Reason.Uneven(0.134, 0.106, 0.15, "kvm-01", 0.86),
        "A host is overloaded, though the imbalance of 0.13 is not above 0.15; this move brings it"
            + " to 0.11. The busiest CPU is that of kvm-01 at 86 %.");
    SENTENCES.put(
        new Reason.Mends("db", Rule.Kind.APART, true, "db-01", "kvm-01"),
        "Rule \"db\" is broken: db-01 shares kvm-01 with another of its VMs.");
    SENTENCES.put(
        new Reason.Mends("web", Rule.Kind.TOGETHER, false, "web-01", "kvm-01"),
        "The soft rule \"web\" is not met: web-01 on kvm-01 is off the host of the others.");
    SENTENCES.put(
        new Reason.Mends("licence", Rule.Kind.ON, true, "db-01", "kvm-01"),
        "Rule \"licence\" is broken: db-01 should not run on kvm-01, but on the hosts named.");
    SENTENCES.put(
        new Reason.Mends("power", Rule.Kind.OFF, true, "db-01", "kvm-01"),
        "Rule \"power\" is broken: db-01 should not run on kvm-01.");
    SENTENCES.put(
        new Reason.GoesAlong(
            List.of("web-02", "web-03"),
            new Reason.CpuOverload("kvm-01", 0.95, 0.85, "web-01", 0.31)),
        "kvm-01 CPU at 95 % for the window, above 85 %; web-01 causes 31 points of it."
            + " It moves together with web-02, web-03, from which a rule does not part it.");
    SENTENCES.put(
        new Reason.MakesRoom(0.585, 0.385),
        "No host could take a large VM: 59 % of it found no room; this move brings that to 39 %.");
    SENTENCES.put(
        new Reason.KeptByRule("web", Rule.Kind.TOGETHER),
        "Rule \"web\" does not let it move without the others; all of them together cannot, or gain"
            + " too little.");
    SENTENCES.put(
        new Reason.KeptByRule("db", Rule.Kind.APART),
        "Rule \"db\" keeps it off the hosts of others, and no other host can take it.");
    SENTENCES.put(
        new Reason.KeptByRule("licence", Rule.Kind.ON),
        "Rule \"licence\" allows it on no other host that can take it.");
    SENTENCES.put(
        new Reason.NoCause(),
        "Load is even enough, and moving it would not help with what else is asked for.");
    SENTENCES.put(
        new Reason.BestTarget("kvm-03", 0.31, 0.4, 3),
        "Of 3 hosts that can take it, kvm-03 gains most for the price: CPU at 31 % and memory at 40"
            + " % before the move.");
    SENTENCES.put(
        new Reason.BestTarget("kvm-03", 0.31, 0.4, 1),
        "kvm-03 is the only host that can take it with enough gain: CPU at 31 % and memory at 40 %"
            + " before the move.");
    SENTENCES.put(
        new Reason.Tied("It has a passed-through device: 0000:3b:00.0."),
        "It cannot move. It has a passed-through device: 0000:3b:00.0.");
    SENTENCES.put(
        new Reason.HostClosed("kvm-02", "kvm-02 is in maintenance."),
        "Its host kvm-02 takes no part in balancing: kvm-02 is in maintenance.");
    SENTENCES.put(
        new Reason.Resting(Instant.parse("2026-03-02T14:32:10Z")),
        "It moved lately and rests until 2026-03-02 14:32 UTC.");
    SENTENCES.put(new Reason.AlreadyMoving(), "A move of it is approved or under way.");
    SENTENCES.put(
        new Reason.NoTarget(0, "no other host is open"),
        "There is nowhere to move it: no other host is open.");
    SENTENCES.put(
        new Reason.NoTarget(4, "kvm-02 lacks avx2."),
        "None of 4 other hosts can take it; the first one: kvm-02 lacks avx2.");
    SENTENCES.put(
        new Reason.NoRoom(Memory.ofMiB(1536)),
        "No open host has the 1.5 GiB of memory that it needs.");
    SENTENCES.put(
        new Reason.WouldOverload("kvm-03", "CPU", 0.93, 0.85),
        "It would overload any target: kvm-03 CPU would peak at 93 %, above 85 %.");
    SENTENCES.put(
        new Reason.GainTooSmall(0.0123, 0.031),
        "Its best move takes 0.012 off the imbalance, less than the 0.031 that a move must gain.");
    SENTENCES.put(new Reason.GainTooSmall(-0.2, 0.031), "No move of it makes the pool more even.");
    SENTENCES.put(
        new Reason.TooCostly(420, 2.55, 1),
        "It changes 420 MiB of memory per second: its migration is expected to pause it for 2.6 s,"
            + " and 1.0 s is allowed.");
    SENTENCES.put(
        new Reason.TooCostly(420, 0.3, 0.5),
        "It changes 420 MiB of memory per second: its migration is expected not to end.");
    SENTENCES.put(
        new Reason.TooLong(754, 600),
        "Its migration is expected to take 12.6 min, and 10.0 min is allowed.");
    SENTENCES.put(
        new Reason.Afterwards(new Reason.GainTooSmall(-0.2, 0.03)),
        "Once the proposed moves are made: no move of it makes the pool more even.");
    SENTENCES.put(
        new Reason.NotNeeded(),
        "It would be a good move, but the proposed ones bring the pool within bounds.");
    SENTENCES.put(
        new Reason.OverCap(4),
        "It would be a good move, but no more than 4 may be proposed or under way at once.");
    SENTENCES.put(
        new Reason.OverTransfer(Memory.ofGiB(8), Memory.ofMiB(1536)),
        "Moving it would copy 8.0 GiB, and the moves of one round may copy only 1.5 GiB more.");
  }

  @Test
  void saysEveryReasonInItsSentence() {
    SENTENCES.forEach((reason, sentence) -> assertThat(ReasonText.of(reason)).isEqualTo(sentence));
    assertThat(SENTENCES.keySet().stream().map(Object::getClass).distinct())
        .hasSize(Reason.class.getPermittedSubclasses().length);
  }
}
