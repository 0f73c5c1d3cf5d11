package org.dcbalance.hypervisor.simulated;

import static org.dcbalance.hypervisor.HypervisorException.Kind.FAILED;
import static org.dcbalance.hypervisor.HypervisorException.Kind.NO_SUCH_GUEST;
import static org.dcbalance.hypervisor.HypervisorException.Kind.UNREACHABLE;

import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.dcbalance.hypervisor.HypervisorEvent;
import org.dcbalance.hypervisor.HypervisorException;
import org.jspecify.annotations.Nullable;

/** Reach one simulated host, and tell whoever listens when it goes silent and comes back. */
final class SimulatedLink {
  private final SimulatedWorld world;
  private final SimulatedHost host;
  private final List<SimulatedHost.Listener> listeners = new CopyOnWriteArrayList<>();
  private @Nullable Boolean connected;
  private long connections;

  SimulatedLink(SimulatedWorld world, SimulatedHost host) {
    this.world = world;
    this.host = host;
  }

  /** Ask the host, which may not answer. */
  <T> T ask(Supplier<T> question) {
    boolean[] answered = new boolean[1];
    var answer =
        world.look(
            () -> {
              answered[0] = host.reachable();
              notice(answered[0]);
              return answered[0] ? Optional.of(question.get()) : Optional.<T>empty();
            });
    return answer.orElseThrow(
        () -> new HypervisorException(UNREACHABLE, host.name() + " does not answer.", null));
  }

  private void notice(boolean reachable) {
    if (!Boolean.valueOf(reachable).equals(connected)) {
      var now = world.time().now();
      HypervisorEvent event =
          reachable
              ? new HypervisorEvent.Connected(now)
              : new HypervisorEvent.Disconnected(now, host.name() + " does not answer.");
      listeners.forEach(listener -> world.tellLater(() -> listener.on(event)));
      connected = reachable;
      connections++;
    }
  }

  /** Number the connection; to be asked within {@link #ask}. */
  long number() {
    return connections;
  }

  /** Change a guest of the host. */
  void change(UUID uuid, Consumer<SimulatedGuest> change) {
    ask(
        () -> {
          change.accept(here(uuid));
          return uuid;
        });
  }

  /** Find a guest of the host; to be asked within {@link #ask}. */
  SimulatedGuest here(UUID uuid) {
    return world
        .guest(uuid)
        .filter(guest -> guest.host().equals(host.name()))
        .orElseThrow(
            () ->
                new HypervisorException(
                    NO_SUCH_GUEST, host.name() + " has no guest " + uuid + ".", null));
  }

  void listen(Consumer<HypervisorEvent> listener) {
    world.look(
        () -> {
          SimulatedHost.Listener added = listener::accept;
          listeners.add(added);
          host.listeners().add(added);
          return added;
        });
  }

  void close() {
    world.look(() -> host.listeners().removeAll(listeners));
  }

  static void refuse(boolean wrong, String sentence) {
    if (wrong) {
      throw failed(sentence);
    }
  }

  static HypervisorException failed(String sentence) {
    return new HypervisorException(FAILED, sentence, null);
  }
}
