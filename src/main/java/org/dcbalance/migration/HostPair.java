package org.dcbalance.migration;

import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import org.dcbalance.hypervisor.GuestStatus;
import org.dcbalance.hypervisor.Hypervisor;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.inventory.Connections;
import org.dcbalance.inventory.Host;
import org.dcbalance.units.Problem;
import org.jspecify.annotations.Nullable;

/**
 * Ask both hosts of a migration about its guest, by UUID and by name.
 *
 * <p>The two cannot be read at one instant. Only a pair of answers that is the same twice, with the
 * second source answer after the first target answer, is good enough to act on; and only if each
 * host gave both of its answers over one connection. A daemon that restarts in between may say for
 * a while what it knew before, or what it has not read yet.
 */
final class HostPair {
  private static final Duration APART = Duration.ofMillis(50);

  private final Connections connections;
  private final UUID guest;
  private final String name;
  private final Host source;
  private final Host target;

  HostPair(Connections connections, UUID guest, String name, Host source, Host target) {
    this.connections = connections;
    this.guest = guest;
    this.name = name;
    this.source = source;
    this.target = target;
  }

  /**
   * One host's answer.
   *
   * @param mark what the guest carries in its metadata there; null if nothing
   * @param connection which connection it came over; -1 if the host did not answer
   */
  record Heard(Side side, @Nullable String mark, long connection) {
    static Heard nothing(String reason) {
      return new Heard(new Side.Unknown(reason), null, -1);
    }

    /** Tell whether the guest still is what this answer said, mark and all. */
    boolean still(GuestStatus now) {
      return Side.of(Optional.of(now)).equals(side) && Objects.equals(now.mark(), mark);
    }
  }

  /** What both hosts say. */
  record Answers(Heard source, Heard target) {}

  /** What both hosts said, one after the other. */
  record Twice(Answers first, Answers second) {
    /** Give what they say; empty if it was not the same both times. */
    Optional<Answers> same() {
      return first.equals(second) ? Optional.of(second) : Optional.empty();
    }
  }

  UUID guest() {
    return guest;
  }

  String name() {
    return name;
  }

  Host source() {
    return source;
  }

  Host target() {
    return target;
  }

  /** Give the source's connection; a host that was removed throws a {@link Problem}. */
  Hypervisor onSource() {
    return connections.to(source);
  }

  Hypervisor onTarget() {
    return connections.to(target);
  }

  Side askSource() {
    return hearSource().side();
  }

  /** Ask the source once, mark and all. */
  Heard hearSource() {
    return ask(this::onSource);
  }

  Twice readTwice() {
    var first = read();
    Pause.of(APART);
    return new Twice(first, read());
  }

  private Answers read() {
    var here = ask(this::onSource);
    return new Answers(here, ask(this::onTarget));
  }

  private Heard ask(Supplier<Hypervisor> host) {
    try {
      var seen = host.get().look(guest, name);
      return new Heard(
          Side.of(seen), seen.status().map(GuestStatus::mark).orElse(null), seen.connection());
    } catch (HypervisorException e) {
      return Heard.nothing(e.sentence());
    } catch (Problem e) {
      return Heard.nothing(e.sentence());
    }
  }
}
