package org.dcbalance.migration;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.dcbalance.hypervisor.CpuFit;
import org.dcbalance.hypervisor.Guest;
import org.dcbalance.hypervisor.GuestStatus.Job;
import org.dcbalance.units.Memory;
import org.jspecify.annotations.Nullable;

/** Judge whether a move may start, from facts that were just gathered; pure. */
final class PreFlight {
  private static final String NO_JOB = "No other job";
  private static final String ANSWERS = "Target answers";
  private static final String TAKES = "Target takes guests";
  private static final String UNKNOWN = "Unknown to ";
  private static final String MEMORY = "Memory fits";
  private static final String CPU = "CPU fits";
  private static final String ENCRYPTION = "Encryption";
  private static final Set<String> OF_TARGET = Set.of(ANSWERS, TAKES, MEMORY, CPU, ENCRYPTION);

  private PreFlight() {}

  /** The pool's policy, and whether its hosts are simulated, so that nothing is sent. */
  record Policy(
      String pool,
      boolean observing,
      boolean paused,
      Predicate<String> shares,
      List<String> networks,
      boolean simulated) {}

  /**
   * A host, as the inventory knows it.
   *
   * @param age since it was last read; null if it never was
   * @param cannotMigrate why it cannot migrate guests live; null if it can
   * @param cannotEncrypt why it cannot encrypt what it sends; null if it can
   */
  record Machine(
      String name,
      boolean up,
      String detail,
      boolean maintenance,
      @Nullable Duration age,
      @Nullable String cannotMigrate,
      @Nullable String cannotEncrypt) {}

  /**
   * What operators and the inventory say of the guest.
   *
   * @param encrypted whether it may be sent only encrypted
   */
  record Subject(
      String name,
      boolean neverMove,
      String note,
      Memory memory,
      List<Guest.Disk> disks,
      List<Guest.Tie> ties,
      List<String> networks,
      boolean encrypted) {}

  /** Room for guests on the target. */
  sealed interface Room {
    /** Free memory by the host's own account, and what other moves to it will take of that. */
    record Told(Memory free, Memory promised) implements Room {}

    /**
     * The same in huge pages, which a guest on such takes all at once, ballooned or not. What is
     * promised to others is taken as their moves begin, or ordinary memory.
     */
    record Huge(Memory need, Memory free) implements Room {}

    record Untold(String reason) implements Room {}
  }

  /** Whether the target can run the guest's CPU. */
  sealed interface Cpu {
    record Told(CpuFit fit) implements Cpu {}

    record Untold(String reason) implements Cpu {}
  }

  /** Everything that the checks look at, but for what the hypervisors are asked. */
  record Known(
      Policy policy,
      Subject vm,
      Machine source,
      Machine target,
      boolean samePool,
      @Nullable String otherMove,
      Duration freshWithin) {}

  /** What the hypervisors themselves just said. */
  record Asked(Side onSource, Side onTarget, Room room, Cpu cpu, DiskChecks.Disks disks) {
    Asked(Side onSource, Side onTarget, Room room, Cpu cpu) {
      this(onSource, onTarget, room, cpu, new DiskChecks.Disks.NotAsked());
    }
  }

  /** Run all checks, whether or not an earlier one failed. */
  static List<Check> of(Known known, Asked asked) {
    var checks = new ArrayList<Check>();
    checks.add(policy(known.policy()));
    checks.add(neverMove(known.vm()));
    checks.add(host("Source answers", known.source(), known.freshWithin()));
    checks.add(host(ANSWERS, known.target(), known.freshWithin()));
    checks.add(target(known));
    checks.add(capability(known.source()));
    checks.add(runsOnSource(known, asked.onSource()));
    checks.add(noJob(known, asked.onSource()));
    checks.add(notOnTarget(known, asked.onTarget()));
    checks.add(room(known, asked.room()));
    checks.add(cpu(known, asked.cpu()));
    checks.add(ties(known.vm()));
    checks.add(DiskChecks.of(known, asked.disks()));
    checks.add(networks(known.policy(), known.vm()));
    checks.add(encryption(known));
    return List.copyOf(checks);
  }

  /** Tell why these failed, if all that they found may pass by itself; null otherwise. */
  static @Nullable Passing passing(List<Check> failed) {
    if (!failed.stream().allMatch(Check::passing)) {
      return null;
    }
    return failed.stream().allMatch(c -> c.name().equals(NO_JOB))
        ? Passing.BUSY
        : Passing.CONNECTION;
  }

  /** Tell whether any of these failed for what the target is or has, so that another may do. */
  static boolean byTarget(List<Check> failed) {
    return failed.stream()
        .map(Check::name)
        .anyMatch(name -> OF_TARGET.contains(name) || name.startsWith(UNKNOWN));
  }

  private static Check policy(Policy policy) {
    if (policy.observing()) {
      return no(
          "Pool may be changed", "Pool " + policy.pool() + " only observes: nothing is moved.");
    }
    if (policy.paused()) {
      return no("Pool may be changed", "Pool " + policy.pool() + " is paused: nothing is moved.");
    }
    return yes(
        "Pool may be changed", "Pool " + policy.pool() + " is neither paused nor observed only.");
  }

  private static Check neverMove(Subject vm) {
    if (vm.neverMove()) {
      var note = vm.note().isBlank() ? "" : " (" + vm.note() + ")";
      return no("May be moved", vm.name() + " is marked \"never move\"" + note + ".");
    }
    return yes("May be moved", vm.name() + " is not marked \"never move\".");
  }

  private static Check host(String name, Machine host, Duration freshWithin) {
    if (!host.up()) {
      var detail = host.detail().isBlank() ? "" : ": " + host.detail();
      return notNow(name, host.name() + " is not up" + detail + (detail.endsWith(".") ? "" : "."));
    }
    if (host.age() == null || host.age().compareTo(freshWithin) > 0) {
      var when = host.age() == null ? "never" : host.age().toSeconds() + " s ago";
      return notNow(
          name,
          "What is known of "
              + host.name()
              + " is too old: it was last read "
              + when
              + ", and at most "
              + freshWithin.toSeconds()
              + " s are allowed.");
    }
    return yes(name, host.name() + " is up and was read " + host.age().toSeconds() + " s ago.");
  }

  private static Check target(Known known) {
    var target = known.target();
    if (target.name().equals(known.source().name())) {
      return no(TAKES, known.vm().name() + " is already on " + target.name() + ".");
    }
    if (!known.samePool()) {
      return no(
          TAKES,
          target.name()
              + " is not in pool "
              + known.policy().pool()
              + ", where "
              + known.vm().name()
              + " is.");
    }
    if (target.maintenance()) {
      return no(TAKES, target.name() + " is in maintenance.");
    }
    return yes(TAKES, target.name() + " is in the pool and not in maintenance.");
  }

  private static Check capability(Machine source) {
    return source.cannotMigrate() == null
        ? yes("Source can migrate live", source.name() + " can migrate guests live.")
        : no(
            "Source can migrate live",
            source.name() + " cannot migrate guests live: " + source.cannotMigrate() + ".");
  }

  private static Check runsOnSource(Known known, Side side) {
    var name = "Runs on " + known.source().name();
    if (side instanceof Side.Running(var postCopy, _) && !postCopy) {
      return yes(name, known.vm().name() + " runs on " + known.source().name() + ".");
    }
    var sentence =
        known.vm().name()
            + " does not run on "
            + known.source().name()
            + ": it is "
            + side.words()
            + ".";
    return side instanceof Side.Unknown ? notNow(name, sentence) : no(name, sentence);
  }

  private static Check noJob(Known known, Side side) {
    if (known.otherMove() != null) {
      return no(NO_JOB, known.otherMove());
    }
    return side instanceof Side.Running(_, var job) && job != Job.NONE
        ? notNow(NO_JOB, "A job already runs on " + known.vm().name() + ".")
        : yes(NO_JOB, "No job runs on " + known.vm().name() + ".");
  }

  private static Check notOnTarget(Known known, Side side) {
    var name = UNKNOWN + known.target().name();
    var where = known.target().name() + ": it is " + side.words() + " there.";
    return switch (side) {
      case Side.Absent _ ->
          yes(name, known.target().name() + " does not know " + known.vm().name() + ".");
      case Side.ShutOff _ ->
          no(
              name,
              known.target().name()
                  + " keeps a left-over definition of "
                  + known.vm().name()
                  + ", shut off. Maybe check it and remove it there with: virsh undefine "
                  + known.vm().name()
                  + ".");
      case Side.Namesake(var other) ->
          no(
              name,
              known.target().name()
                  + " has another virtual machine named "
                  + known.vm().name()
                  + " ("
                  + other
                  + "). Maybe rename one of them.");
      case Side.Unknown(var reason) ->
          notNow(
              name,
              known.target().name()
                  + " did not say whether it knows "
                  + known.vm().name()
                  + ": "
                  + reason);
      case Side.Running _, Side.Paused _, Side.PostCopyFailed _, Side.Odd _ ->
          no(name, known.vm().name() + " is already on " + where);
    };
  }

  private static Check room(Known known, Room room) {
    return switch (room) {
      case Room.Untold(var reason) ->
          notNow(MEMORY, known.target().name() + " did not tell its free memory: " + reason);
      case Room.Told(var free, var promised) ->
          room(known, known.vm().memory(), free, " free", promised);
      case Room.Huge(var need, var free) ->
          room(known, need, free, " free in huge pages", Memory.ZERO);
    };
  }

  private static Check room(Known known, Memory need, Memory free, String where, Memory promised) {
    var target = known.target().name();
    var others =
        promised.equals(Memory.ZERO) ? "" : ", " + gib(promised) + " of it promised to other moves";
    var account = target + " has " + gib(free) + where + others;
    return need.compareTo(free.minus(promised)) <= 0
        ? yes(MEMORY, account + "; " + known.vm().name() + " needs " + gib(need) + ".")
        : no(
            MEMORY,
            target
                + " has no memory for "
                + known.vm().name()
                + ": it needs "
                + gib(need)
                + ", and "
                + account
                + ".");
  }

  private static Check cpu(Known known, Cpu cpu) {
    var target = known.target().name();
    return switch (cpu) {
      case Cpu.Untold(var reason) ->
          notNow(
              CPU,
              target + " did not say whether its CPU can run " + known.vm().name() + ": " + reason);
      case Cpu.Told(CpuFit.Fits _) -> yes(CPU, target + " can run its CPU.");
      case Cpu.Told(CpuFit.Lacks(var reason)) ->
          no(CPU, target + " refused " + known.vm().name() + ": its CPU " + reason + ".");
      case Cpu.Told(CpuFit.Untold _) ->
          yes(CPU, target + " cannot tell beforehand; it would refuse the guest itself.");
    };
  }

  private static Check ties(Subject vm) {
    return vm.ties().isEmpty()
        ? yes("Not tied to its host", "Nothing ties " + vm.name() + " to its host.")
        : no(
            "Not tied to its host",
            vm.name()
                + " is tied to its host: "
                + String.join("; ", vm.ties().stream().map(Guest.Tie::detail).toList())
                + ".");
  }

  private static Check networks(Policy policy, Subject vm) {
    var foreign =
        policy.networks().isEmpty()
            ? List.<String>of()
            : vm.networks().stream().filter(n -> !policy.networks().contains(n)).toList();
    return foreign.isEmpty()
        ? yes(
            "Networks exist",
            policy.networks().isEmpty()
                ? "Pool " + policy.pool() + " lists no networks, so none is checked."
                : "All networks of "
                    + vm.name()
                    + " exist on every host of pool "
                    + policy.pool()
                    + ".")
        : no(
            "Networks exist",
            "Network "
                + String.join(", ", foreign)
                + " of "
                + vm.name()
                + " is not among those that every host of pool "
                + policy.pool()
                + " has.");
  }

  private static Check encryption(Known known) {
    var name = ENCRYPTION;
    var vm = known.vm().name();
    var way = " from " + known.source().name() + " to " + known.target().name();
    if (!known.vm().encrypted()) {
      if (known.policy().simulated()) {
        return yes(name, "Simulated hosts send nothing, and no encryption is asked for.");
      }
      var cannot = known.source().cannotEncrypt();
      return yes(
          name,
          "The memory of "
              + vm
              + " goes unencrypted over the network"
              + way
              + ": no encryption is asked for"
              + (cannot == null ? "." : ", and there is none: " + cannot + "."));
    }
    for (var host : List.of(known.source(), known.target())) {
      if (host.cannotEncrypt() != null) {
        return no(
            name,
            vm
                + " may be sent only encrypted, which "
                + host.name()
                + " cannot do: "
                + host.cannotEncrypt()
                + ".");
      }
    }
    return yes(name, "The memory of " + vm + " goes by TLS" + way + ", or not at all.");
  }

  static String gib(Memory memory) {
    if (memory.compareTo(Memory.ofGiB(1)) < 0) {
      return memory.mib() + " MiB";
    }
    return String.format(
        java.util.Locale.ROOT, "%.1f GiB", memory.bytes() / (1024.0 * 1024 * 1024));
  }

  static Check yes(String name, String sentence) {
    return new Check(name, true, sentence);
  }

  static Check no(String name, String sentence) {
    return new Check(name, false, sentence);
  }

  static Check notNow(String name, String sentence) {
    return new Check(name, false, sentence, true);
  }
}
