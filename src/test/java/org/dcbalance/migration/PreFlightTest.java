package org.dcbalance.migration;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.dcbalance.hypervisor.CpuFit;
import org.dcbalance.hypervisor.Guest;
import org.dcbalance.hypervisor.GuestStatus.Job;
import org.dcbalance.hypervisor.GuestStatus.Why;
import org.dcbalance.migration.PreFlight.Asked;
import org.dcbalance.migration.PreFlight.Cpu;
import org.dcbalance.migration.PreFlight.Known;
import org.dcbalance.migration.PreFlight.Machine;
import org.dcbalance.migration.PreFlight.Policy;
import org.dcbalance.migration.PreFlight.Room;
import org.dcbalance.migration.PreFlight.Subject;
import org.dcbalance.units.Memory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class PreFlightTest {
  private static final Policy POLICY =
      new Policy(
          "pool-1", false, false, path -> path.startsWith("/shared/"), List.of("br0"), false);
  private static final Machine SOURCE = machine("kvm-01");
  private static final Machine TARGET = machine("kvm-02");
  private static final Subject VM = vm(List.of(disk("vda", "/shared/web.qcow2", false)));
  private static final Asked GOOD =
      new Asked(
          new Side.Running(false, Job.NONE),
          new Side.Absent(),
          new Room.Told(Memory.ofGiB(8), Memory.ZERO),
          new Cpu.Told(new CpuFit.Fits()));

  @Test
  void passesAMoveThatCanStart() {
    assertThat(PreFlight.of(known(POLICY, VM, SOURCE, TARGET), GOOD))
        .hasSize(15)
        .allMatch(Check::ok)
        .noneMatch(c -> c.sentence().isBlank());
  }

  @Test
  void saysBeforeAMoveHowItsMemoryGoesOverTheNetwork() {
    assertThat(encryption(POLICY, VM, SOURCE))
        .isEqualTo(
            "The memory of web-07 goes unencrypted over the network from kvm-01 to kvm-02: no"
                + " encryption is asked for.");
    assertThat(
            encryption(
                POLICY,
                VM,
                new Machine("kvm-01", true, "", false, Duration.ofSeconds(3), null, "Xen cannot")))
        .endsWith("no encryption is asked for, and there is none: Xen cannot.");
    assertThat(
            encryption(
                POLICY,
                new Subject(
                    "web-07", false, "", Memory.ofGiB(2), List.of(), List.of(), List.of(), true),
                SOURCE))
        .isEqualTo("The memory of web-07 goes by TLS from kvm-01 to kvm-02, or not at all.");
    assertThat(
            encryption(
                new Policy("Simulated", false, false, p -> true, List.of(), true), VM, SOURCE))
        .isEqualTo("Simulated hosts send nothing, and no encryption is asked for.");
  }

  @Test
  void tellsWhatOnlyTheTargetRefuses() {
    var good = known(POLICY, VM, SOURCE, TARGET);
    assertThat(byTarget(good, GOOD)).isFalse();
    for (var there : List.of(new Side.ShutOff(), new Side.Namesake(UUID.randomUUID()))) {
      assertThat(byTarget(good, new Asked(GOOD.onSource(), there, GOOD.room(), GOOD.cpu())))
          .isTrue();
    }
    var full = new Room.Told(Memory.ofGiB(1), Memory.ZERO);
    assertThat(byTarget(good, new Asked(GOOD.onSource(), GOOD.onTarget(), full, GOOD.cpu())))
        .isTrue();
    assertThat(
            byTarget(good, new Asked(new Side.Absent(), GOOD.onTarget(), GOOD.room(), GOOD.cpu())))
        .as("no other host would take it either")
        .isFalse();
    var paused = new Policy("pool-1", false, true, path -> true, List.of("br0"), false);
    assertThat(byTarget(known(paused, VM, SOURCE, TARGET), GOOD)).isFalse();
  }

  private static boolean byTarget(Known known, Asked asked) {
    return PreFlight.byTarget(PreFlight.of(known, asked).stream().filter(c -> !c.ok()).toList());
  }

  private static String encryption(Policy policy, Subject vm, Machine source) {
    return PreFlight.of(known(policy, vm, source, TARGET), GOOD).stream()
        .filter(c -> c.name().equals("Encryption"))
        .map(Check::sentence)
        .findFirst()
        .orElseThrow();
  }

  @ParameterizedTest(name = "{2}")
  @MethodSource("refusals")
  void refusesWithASentence(Known known, Asked asked, String sentence) {
    assertThat(PreFlight.of(known, asked).stream().filter(c -> !c.ok()).map(Check::sentence))
        .containsExactly(sentence);
  }

  static Stream<Arguments> refusals() {
    var good = known(POLICY, VM, SOURCE, TARGET);
    return Stream.of(
        Arguments.of(
            known(
                new Policy("pool-1", true, false, p -> true, List.of(), false), VM, SOURCE, TARGET),
            GOOD,
            "Pool pool-1 only observes: nothing is moved."),
        Arguments.of(
            known(
                new Policy("pool-1", false, true, p -> true, List.of(), false), VM, SOURCE, TARGET),
            GOOD,
            "Pool pool-1 is paused: nothing is moved."),
        Arguments.of(
            known(
                POLICY,
                new Subject(
                    "web-07",
                    true,
                    "licence",
                    Memory.ofGiB(2),
                    List.of(),
                    List.of(),
                    List.of(),
                    false),
                SOURCE,
                TARGET),
            GOOD,
            "web-07 is marked \"never move\" (licence)."),
        Arguments.of(
            known(
                POLICY,
                VM,
                SOURCE,
                new Machine("kvm-02", false, "timed out", false, Duration.ZERO, null, null)),
            GOOD,
            "kvm-02 is not up: timed out."),
        Arguments.of(
            known(
                POLICY,
                VM,
                new Machine("kvm-01", true, "", false, Duration.ofSeconds(31), null, null),
                TARGET),
            GOOD,
            "What is known of kvm-01 is too old: it was last read 31 s ago, and at most 30 s are"
                + " allowed."),
        Arguments.of(
            known(POLICY, VM, new Machine("kvm-01", true, "", false, null, null, null), TARGET),
            GOOD,
            "What is known of kvm-01 is too old: it was last read never, and at most 30 s are"
                + " allowed."),
        Arguments.of(
            known(
                POLICY,
                VM,
                SOURCE,
                new Machine("kvm-02", true, "", true, Duration.ZERO, null, null)),
            GOOD,
            "kvm-02 is in maintenance."),
        Arguments.of(
            new Known(POLICY, VM, SOURCE, TARGET, false, null, Duration.ofSeconds(30)),
            GOOD,
            "kvm-02 is not in pool pool-1, where web-07 is."),
        Arguments.of(
            known(
                POLICY,
                VM,
                new Machine("kvm-01", true, "", false, Duration.ZERO, "no KVM", null),
                TARGET),
            GOOD,
            "kvm-01 cannot migrate guests live: no KVM."),
        Arguments.of(
            known(
                POLICY,
                new Subject(
                    "web-07", false, "", Memory.ofGiB(2), List.of(), List.of(), List.of(), true),
                SOURCE,
                new Machine("kvm-02", true, "", false, Duration.ZERO, null, "it has no TLS")),
            GOOD,
            "web-07 may be sent only encrypted, which kvm-02 cannot do: it has no TLS."),
        Arguments.of(
            good,
            asked(new Side.ShutOff(), GOOD.onTarget()),
            "web-07 does not run on kvm-01: it is shut off."),
        Arguments.of(
            good,
            asked(new Side.Paused(Why.USER, Job.NONE), GOOD.onTarget()),
            "web-07 does not run on kvm-01: it is paused by a user."),
        Arguments.of(
            good,
            asked(new Side.Running(false, Job.OTHER), GOOD.onTarget()),
            "A job already runs on web-07."),
        Arguments.of(
            new Known(
                POLICY,
                VM,
                SOURCE,
                TARGET,
                true,
                "Migration 3 must end first.",
                Duration.ofSeconds(30)),
            GOOD,
            "Migration 3 must end first."),
        Arguments.of(
            good,
            asked(GOOD.onSource(), new Side.ShutOff()),
            "kvm-02 keeps a left-over definition of web-07, shut off. Maybe check it and remove it"
                + " there with: virsh undefine web-07."),
        Arguments.of(
            good,
            asked(GOOD.onSource(), new Side.Running(false, Job.NONE)),
            "web-07 is already on kvm-02: it is running there."),
        Arguments.of(
            good,
            asked(GOOD.onSource(), new Side.Unknown("timed out.")),
            "kvm-02 did not say whether it knows web-07: timed out."),
        Arguments.of(
            good,
            asked(new Room.Told(Memory.ofGiB(3), Memory.ofGiB(2)), GOOD.cpu()),
            "kvm-02 has no memory for web-07: it needs 2.0 GiB, and kvm-02 has 3.0 GiB free, 2.0 GiB"
                + " of it promised to other moves."),
        Arguments.of(
            good,
            asked(new Room.Huge(Memory.ofGiB(4), Memory.ofGiB(3)), GOOD.cpu()),
            "kvm-02 has no memory for web-07: it needs 4.0 GiB, and kvm-02 has 3.0 GiB free in huge"
                + " pages."),
        Arguments.of(
            good,
            asked(new Room.Untold("timed out."), GOOD.cpu()),
            "kvm-02 did not tell its free memory: timed out."),
        Arguments.of(
            good,
            asked(GOOD.room(), new Cpu.Told(new CpuFit.Lacks("lacks avx2"))),
            "kvm-02 refused web-07: its CPU lacks avx2."),
        Arguments.of(
            good,
            asked(GOOD.room(), new Cpu.Untold("timed out.")),
            "kvm-02 did not say whether its CPU can run web-07: timed out."),
        Arguments.of(
            known(
                POLICY,
                vm(
                    List.of(
                        disk("vda", "/var/lib/web.qcow2", false),
                        disk("sda", "/iso/setup.iso", true),
                        disk("sdb", "", true))),
                SOURCE,
                TARGET),
            GOOD,
            "web-07 cannot move: its disk vda (/var/lib/web.qcow2) and its medium sda"
                + " (/iso/setup.iso) are not on storage marked as shared in pool pool-1."),
        Arguments.of(
            known(
                POLICY,
                vm(
                    List.of(
                        new Guest.Disk(
                            "vda",
                            "/shared/web.qcow2",
                            "qcow2",
                            "none",
                            false,
                            false,
                            false,
                            List.of("/shared/middle.qcow2", "/var/lib/base.qcow2")))),
                SOURCE,
                TARGET),
            GOOD,
            "web-07 cannot move: its disk vda (/shared/web.qcow2, which lies over"
                + " /var/lib/base.qcow2) is not on storage marked as shared in pool pool-1."),
        Arguments.of(
            known(
                POLICY,
                new Subject(
                    "web-07",
                    false,
                    "",
                    Memory.ofGiB(2),
                    List.of(),
                    List.of(
                        new Guest.Tie(Guest.Tie.Kind.PASSED_THROUGH_DEVICE, "PCI device 3b:00.0")),
                    List.of("br0"),
                    false),
                SOURCE,
                TARGET),
            GOOD,
            "web-07 is tied to its host: PCI device 3b:00.0."),
        Arguments.of(
            known(
                POLICY,
                new Subject(
                    "web-07",
                    false,
                    "",
                    Memory.ofGiB(2),
                    List.of(),
                    List.of(),
                    List.of("br0", "br7"),
                    false),
                SOURCE,
                TARGET),
            GOOD,
            "Network br7 of web-07 is not among those that every host of pool pool-1 has."));
  }

  private static Known known(Policy policy, Subject vm, Machine source, Machine target) {
    return new Known(policy, vm, source, target, true, null, Duration.ofSeconds(30));
  }

  private static Asked asked(Side onSource, Side onTarget) {
    return new Asked(onSource, onTarget, GOOD.room(), GOOD.cpu());
  }

  private static Asked asked(Room room, Cpu cpu) {
    return new Asked(GOOD.onSource(), GOOD.onTarget(), room, cpu);
  }

  private static Machine machine(String name) {
    return new Machine(name, true, "", false, Duration.ofSeconds(3), null, null);
  }

  private static Subject vm(List<Guest.Disk> disks) {
    return new Subject(
        "web-07", false, "", Memory.ofGiB(2), disks, List.of(), List.of("br0"), false);
  }

  private static Guest.Disk disk(String target, String source, boolean medium) {
    return new Guest.Disk(target, source, "qcow2", "none", false, false, medium, List.of());
  }
}
