package org.dcbalance.inventory;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.dcbalance.hypervisor.CpuFit;
import org.dcbalance.hypervisor.GuestCpu;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.units.HostId;
import org.springframework.stereotype.Component;

/** Ask each host once in a while whether it can run a guest's CPU, and remember the answer. */
@Component
public class CpuFits {
  private static final Duration KEEP = Duration.ofMinutes(10);

  private final Connections connections;
  private final Map<Question, Answer> answers = new ConcurrentHashMap<>();

  CpuFits(Connections connections) {
    this.connections = connections;
  }

  private record Question(HostId host, String uri, GuestCpu cpu) {}

  private record Answer(Instant at, CpuFit fit) {}

  /**
   * Say why a host cannot run a guest's CPU.
   *
   * @return empty if it can, or if the host cannot tell; the target then refuses by itself
   */
  public Optional<String> refusal(Host host, GuestCpu cpu) {
    if (host.state() != Host.State.UP) {
      return Optional.empty();
    }
    var question = new Question(host.id(), host.uri(), cpu);
    var known = answers.get(question);
    if (known == null || known.at().isBefore(Instant.now().minus(KEEP))) {
      try {
        known = new Answer(Instant.now(), connections.to(host).fits(cpu));
      } catch (HypervisorException e) {
        known = new Answer(Instant.now(), new CpuFit.Untold());
      }
      answers.put(question, known);
    }
    return switch (known.fit()) {
      case CpuFit.Fits yes -> Optional.empty();
      case CpuFit.Untold unknown -> Optional.empty();
      case CpuFit.Lacks lacks ->
          Optional.of(host.name() + " cannot run its CPU: it " + lacks.reason() + ".");
    };
  }
}
