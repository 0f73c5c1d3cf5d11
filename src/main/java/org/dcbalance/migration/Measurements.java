package org.dcbalance.migration;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Supplier;
import org.dcbalance.hypervisor.Capability;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.MigrationFigures;
import org.dcbalance.inventory.ProbeAddresses;
import org.dcbalance.inventory.Vm;
import org.dcbalance.units.Problem;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Measure one move: by the probe that the VM's users stand for, by watching its CPU time where the
 * hypervisor tells no downtime, and by the hypervisor's own figures.
 */
final class Measurements implements Settlement.Measured, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Measurements.class);
  private static final Duration FIGURES_WITHIN = Duration.ofSeconds(2);

  private final MigrationDesk desk;
  private final MigrationSettings settings;
  private final Claim claim;
  private final Arrivals arrivals;
  private final HostPair pair;
  private @Nullable DowntimeProbe probe;
  private DowntimeProbe.@Nullable Seen seen;
  private @Nullable Standstill standstill;
  private Optional<MigrationFigures> earlier = Optional.empty();
  private @Nullable HostCpu cpu;
  private HostCpu.@Nullable Spent spent;
  private boolean called;

  Measurements(
      MigrationDesk desk,
      MigrationSettings settings,
      Claim claim,
      Arrivals arrivals,
      HostPair pair) {
    this.desk = desk;
    this.settings = settings;
    this.claim = claim;
    this.arrivals = arrivals;
    this.pair = pair;
  }

  /** Learn what is usual before the move: earlier figures, and the gaps between answers. */
  void before(Vm vm) {
    earlier = figures();
    var address = vm.probeAddress();
    if (address != null) {
      probe = DowntimeProbe.start(address, vm.probePort(), ProbeAddresses::resolve);
      Pause.of(settings.probeBefore());
    }
  }

  /** Take the time from here: the migrate call is about to be made. */
  void moveBegins() {
    called = true;
    cpu = HostCpu.from(pair);
    if (probe != null) {
      probe.moveBegins();
    }
    if (!pair.source().can(Capability.COMPLETED_STATISTICS)) {
      standstill = Standstill.watch(pair, arrivals, desk.clock());
    }
  }

  /** The copy is over, however it ended. */
  void copyEnded() {
    spent = cpu == null ? null : cpu.soFar();
  }

  /** Give what the hosts spent; null if the move was not followed from its beginning. */
  HostCpu.@Nullable Spent spent() {
    return spent;
  }

  @Override
  public boolean calledCompleted() {
    return newFigures().map(MigrationFigures::succeeded).orElse(false);
  }

  @Override
  public boolean ranOnTarget(Instant since) {
    return arrivals.since(since, pair.guest(), pair.target().id()).isPresent()
        || arrivals.hasRun(claim.migration());
  }

  @Override
  public void sawOnTarget() {
    arrivals.ran(claim.migration());
  }

  @Override
  public void lost() {
    if (probe != null) {
      // its pause may come only after this, when nobody looks any more
      var words = probe.finish().words() + "; ended when the move was lost";
      seen = new DowntimeProbe.Seen(null, null, words);
      probe = null;
    }
    if (standstill != null) {
      // its last sign of life would be taken for the begin of the pause
      standstill.close();
      standstill = null;
    }
  }

  /** The event that carries the figures may come a little after the call has returned. */
  Optional<MigrationFigures> patientFigures() {
    var until = now().plus(FIGURES_WITHIN);
    while (true) {
      var told = newFigures();
      if ((told.isPresent() && told.get().downtime() != null)
          || !called
          || standstill != null
          || !now().isBefore(until)) {
        return told;
      }
      Pause.of(Duration.ofMillis(100));
    }
  }

  Optional<Standstill.Seen> standstill() {
    return standstill == null ? Optional.empty() : standstill.measured();
  }

  /**
   * Give what the guest's users saw.
   *
   * @param copied when the copy ended: the probe goes on for a while after it, and longer for a
   *     guest that does not answer yet
   */
  Optional<DowntimeProbe.Seen> seenByGuest(Instant copied) {
    if (probe == null) {
      return Optional.ofNullable(seen);
    }
    var left = Duration.between(now(), copied.plus(settings.probeAfter()));
    if (left.isPositive()) {
      Pause.of(left);
    }
    var atMost = copied.plus(settings.probeSilent());
    while (probe.silent() && now().isBefore(atMost)) {
      Pause.of(DowntimeProbe.PATIENCE);
    }
    return Optional.of(probe.finish());
  }

  /** Read the figures of this move, and not those of an earlier one from the same host. */
  private Optional<MigrationFigures> newFigures() {
    if (called) {
      var told = figures().filter(f -> !Optional.of(f).equals(earlier));
      if (told.isPresent()) {
        return told;
      }
    }
    return quietly(() -> pair.onTarget().incomingFigures(pair.guest()));
  }

  private Optional<MigrationFigures> figures() {
    return quietly(() -> pair.onSource().figures(pair.guest()));
  }

  private static <T> Optional<T> quietly(Supplier<Optional<T>> question) {
    try {
      return question.get();
    } catch (HypervisorException e) {
      log.info("A host did not tell figures: {}", e.sentence());
      return Optional.empty();
    } catch (Problem e) {
      // it cannot even be asked
      log.info("A host did not tell figures: {}", e.sentence());
      return Optional.empty();
    }
  }

  private Instant now() {
    return desk.clock().instant();
  }

  @Override
  public void close() {
    if (probe != null) {
      probe.close();
    }
    if (standstill != null) {
      standstill.close();
    }
  }
}
