package org.dcbalance.migration;

import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.dcbalance.hypervisor.Capability;
import org.dcbalance.hypervisor.GuestStatus;
import org.dcbalance.hypervisor.Hypervisor;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.HypervisorException.Kind;
import org.dcbalance.inventory.Host;

/** Put back on a guest what was changed for its move. Doing it twice does no harm. */
final class PuttingBack {
  private final Host host;
  private final Hypervisor hypervisor;
  private final UUID guest;
  private final List<String> done = new ArrayList<>();
  private final List<String> failed = new ArrayList<>();

  private PuttingBack(Host host, Hypervisor hypervisor, UUID guest) {
    this.host = host;
    this.hypervisor = hypervisor;
    this.guest = guest;
  }

  /**
   * What came of it.
   *
   * @param words what was set, or why something was not
   * @param failed what failed, as sentences; empty if nothing is left to be done
   */
  record Result(String words, List<String> failed) {}

  /**
   * Put everything back that the host can.
   *
   * @param stayed whether the guest never left this host; what only its process here remembers is
   *     gone otherwise
   */
  static Result on(Host host, Hypervisor hypervisor, UUID guest, Undo undo, boolean stayed) {
    var back = new PuttingBack(host, hypervisor, guest);
    back.memory(undo);
    back.cap(undo);
    back.weight(undo);
    var pause = undo.pause();
    if (pause != null && stayed && host.can(Capability.MAX_DOWNTIME)) {
      back.tried(() -> hypervisor.setMaxDowntime(guest, pause), Undo.words(pause));
    }
    back.autostart(undo);
    return back.result();
  }

  /** Put back what a guest that is shut off still has: all else ended with it. */
  static Result onDefinition(Host host, Hypervisor hypervisor, UUID guest, Undo undo) {
    var back = new PuttingBack(host, hypervisor, guest);
    back.autostart(undo);
    return back.result();
  }

  private Result result() {
    return new Result(
        done.isEmpty()
            ? "nothing; what was set for its move ended with it"
            : String.join(", ", done),
        List.copyOf(failed));
  }

  private void cap(Undo undo) {
    var cap = undo.cap();
    if (cap == null) {
      return;
    }
    if (host.can(Capability.CPU_CAP)) {
      tried(() -> hypervisor.setCap(guest, cap), Undo.words(cap));
    } else if (cap > 0) {
      done.add("no CPU cap, where it had one of " + cap + " %, since its host sets none");
    }
  }

  private void weight(Undo undo) {
    var weight = undo.weight();
    if (weight == null) {
      return;
    }
    var words = "a CPU weight of " + weight;
    if (!host.can(Capability.CPU_CAP)) {
      done.add("no CPU weight, where it had one of " + weight + ", since its host sets none");
      return;
    }
    try {
      if (hypervisor.weight(guest).filter(weight::equals).isEmpty()) {
        hypervisor.setWeight(guest, weight);
        done.add(words);
      }
    } catch (HypervisorException e) {
      refused(words, e);
    }
  }

  /** What somebody has given it beyond what it had before its move, it keeps. */
  private void memory(Undo undo) {
    var memory = undo.memory();
    if (memory == null) {
      return;
    }
    try {
      var has = hypervisor.memory(guest).now();
      if (has.mib() > memory.mib()) {
        done.add("nothing of its %d MiB of memory, which somebody has set".formatted(has.mib()));
        return;
      }
      // also if it has all of it: its balloon may be about to move
      hypervisor.setMemory(guest, memory);
      done.add(Undo.words(memory));
    } catch (HypervisorException e) {
      refused(Undo.words(memory), e);
    }
  }

  private void autostart(Undo undo) {
    if (!undo.autostart()) {
      return;
    }
    try {
      if (!hypervisor.status(guest).map(GuestStatus::persistent).orElse(false)) {
        done.add("no autostart, which it had, since its host keeps no definition of it");
      } else if (hypervisor.autostart(guest)) {
        done.add("nothing of its autostart, which it still has");
      } else {
        hypervisor.setAutostart(guest, true);
        done.add("its autostart");
      }
    } catch (HypervisorException e) {
      refused("its autostart", e);
    }
  }

  private void tried(Runnable call, String words) {
    try {
      call.run();
      done.add(words);
    } catch (HypervisorException e) {
      refused(words, e);
    }
  }

  /** What cannot be done at all is not tried for ever. */
  private void refused(String words, HypervisorException e) {
    if (e.kind() == Kind.UNSUPPORTED) {
      done.add("not %s (%s)".formatted(words, e.sentence().replaceFirst("\\.$", "")));
    } else {
      failed.add(e.sentence());
    }
  }
}
