package org.dcbalance.migration;

import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import org.dcbalance.hypervisor.Hypervisor;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.inventory.Connections;
import org.dcbalance.inventory.Host;
import org.dcbalance.units.Problem;

/**
 * Ask both hosts of a migration about its guest.
 *
 * <p>The two cannot be read at one instant. Only a pair of answers that is the same twice, with the
 * second source answer after the first target answer, is good enough to act on.
 */
final class HostPair {
  private static final Duration APART = Duration.ofMillis(50);

  private final Connections connections;
  private final UUID guest;
  private final Host source;
  private final Host target;

  HostPair(Connections connections, UUID guest, Host source, Host target) {
    this.connections = connections;
    this.guest = guest;
    this.source = source;
    this.target = target;
  }

  /** What both hosts say. */
  record Answers(Side source, Side target) {}

  UUID guest() {
    return guest;
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
    return ask(this::onSource);
  }

  /** Read both hosts twice; empty if they did not say the same both times. */
  Optional<Answers> readTwice() {
    var first = new Answers(askSource(), ask(this::onTarget));
    Pause.of(APART);
    var second = new Answers(askSource(), ask(this::onTarget));
    return first.equals(second) ? Optional.of(second) : Optional.empty();
  }

  private Side ask(Supplier<Hypervisor> host) {
    try {
      return Side.of(host.get().status(guest));
    } catch (HypervisorException e) {
      return new Side.Unknown(e.sentence());
    } catch (Problem e) {
      return new Side.Unknown(e.sentence());
    }
  }
}
