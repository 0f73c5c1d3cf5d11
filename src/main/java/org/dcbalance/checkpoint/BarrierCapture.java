package org.dcbalance.checkpoint;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.dcbalance.hypervisor.GuestState;
import org.dcbalance.hypervisor.GuestStatus;
import org.dcbalance.hypervisor.GuestStatus.Job;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.HypervisorException.Kind;
import org.dcbalance.hypervisor.StateStorage.Captured;
import org.dcbalance.hypervisor.StateStorage.Writing;
import org.dcbalance.units.ByteRate;
import org.dcbalance.units.Memory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Capture all members by a {@link LiveBarrier}. So that none comes to its end by itself, the
 * hypervisor may pause none for longer than a millisecond meanwhile; what limits it had before is
 * written down first, and put back whatever happens.
 */
final class BarrierCapture implements ClusterCapture {
  private static final Logger log = LoggerFactory.getLogger(BarrierCapture.class);
  private static final Duration SHORTEST = Duration.ofMillis(1);

  private final CaptureRows rows;
  private final Ledger ledger;
  private final long taken;
  private final LiveBarrier.Pacing pacing;
  private final Consumer<String> step;

  /**
   * Prepare to capture.
   *
   * @param taken the checkpoint of the cluster
   * @param pacing how members are slowed down
   * @param step writes down what comes next
   */
  BarrierCapture(
      CaptureRows rows,
      Ledger ledger,
      long taken,
      LiveBarrier.Pacing pacing,
      Consumer<String> step) {
    this.rows = rows;
    this.ledger = ledger;
    this.taken = taken;
    this.pacing = pacing;
    this.step = step;
  }

  @Override
  public Stood capture(List<Member> members) {
    members.forEach(this::requireUsualLimits);
    step.accept("Keeping members from coming to their ends by themselves");
    for (var member : members) {
      var before = Limits.of(member.host(), member.vm().uuid());
      ledger.write(
          taken,
          () -> {
            rows.limited(member.checkpoint().id(), before);
            rows.held(member.checkpoint().id(), true);
          });
    }
    boolean captured = false;
    try {
      members.forEach(m -> m.host().setMaxDowntime(m.vm().uuid(), SHORTEST));
      var barrier = new LiveBarrier(pacing, step);
      var stood = barrier.capture(members.stream().map(Capturing::new).toList());
      ledger.write(taken, () -> members.forEach(m -> rows.held(m.checkpoint().id(), false)));
      // one that cannot have its limits back now is cleaned up, with all that was captured
      members.forEach(this::putBack);
      captured = true;
      return new Stood(
          stood.whole(),
          stood.pauses().entrySet().stream()
              .collect(Collectors.toMap(e -> e.getKey().id(), Map.Entry::getValue)),
          stood.attempts());
    } finally {
      if (!captured) {
        members.forEach(this::putBackQuietly);
      }
    }
  }

  /** What a move raised and nobody has put back yet would be put back as the usual, for good. */
  private void requireUsualLimits(Member member) {
    if (rows.hasLeftOvers(member.vm().id())) {
      throw new HypervisorException(
          Kind.FAILED,
          "An earlier move has left something on %s that is still to be put back."
              .formatted(member.vm().name()),
          null);
    }
  }

  private void putBack(Member member) {
    var id = member.checkpoint().id();
    rows.limits(id)
        .ifPresent(
            before -> {
              before.set(member.host(), member.vm().uuid());
              ledger.write(taken, () -> rows.unlimited(id));
            });
  }

  /** What cannot be put back now is put back by the cleaning. */
  private void putBackQuietly(Member member) {
    try {
      putBack(member);
    } catch (HypervisorException e) {
      log.warn("{} keeps the limits of its capture: {}", member.vm().name(), e.sentence());
    }
  }

  /** A member as the barrier sees it. */
  private static final class Capturing implements LiveBarrier.Member {
    private final Member of;

    Capturing(Member of) {
      this.of = of;
    }

    long id() {
      return of.checkpoint().id();
    }

    @Override
    public String name() {
      return of.vm().name();
    }

    @Override
    public Memory memory() {
      return of.vm().memory();
    }

    @Override
    public Captured capture() {
      return of.taking().capture();
    }

    @Override
    public Optional<Writing> writing() {
      return of.host().states().writing(of.vm().uuid());
    }

    @Override
    public void pace(ByteRate most) {
      of.host().setBandwidth(of.vm().uuid(), most);
    }

    @Override
    public void pause() {
      of.host().pause(of.vm().uuid());
    }

    @Override
    public boolean waits() {
      return status().filter(s -> paused(s) && s.job() != Job.NONE).isPresent();
    }

    private Optional<GuestStatus> status() {
      return of.host().status(of.vm().uuid());
    }

    private static boolean paused(GuestStatus status) {
      return status.state() == GuestState.PAUSED;
    }

    @Override
    public void abort() {
      of.host().abort(of.vm().uuid());
    }

    @Override
    public void letRun() {
      if (status().filter(Capturing::paused).isPresent()) {
        of.host().resume(of.vm().uuid());
      }
    }

    @Override
    public void undo() {
      of.taking().undo();
    }
  }
}
