package org.dcbalance.migration;

import jakarta.persistence.Column;
import jakarta.persistence.Embeddable;
import java.time.Duration;
import org.dcbalance.hypervisor.MigrationFigures;
import org.dcbalance.method.Choice;
import org.dcbalance.units.Memory;
import org.jspecify.annotations.Nullable;

/** Know what a move was expected to take, and what it took; null is what nobody told. */
@Embeddable
@SuppressWarnings("UnusedVariable") // queries read what the entity only keeps
class Figures {
  private double expectedBias = 1;
  private @Nullable Long expectedMillis;
  private @Nullable Long expectedDowntimeMillis;
  private @Nullable Long expectedBytes;
  private boolean ballooned;
  private boolean compressed;

  @Column(updatable = false)
  private @Nullable Double imbalanceBefore;

  @Column(updatable = false)
  private @Nullable Double imbalancePromised;

  private @Nullable Long preparedMillis;
  private @Nullable Long guestMemoryBytes;
  private @Nullable Long waitedMillis;
  private @Nullable Long totalMillis;
  private @Nullable Long downtimeMillis;
  private @Nullable Long bytes;
  private @Nullable Integer iterations;
  private @Nullable String downtimeSource;
  private @Nullable Long guestDowntimeMillis;
  private @Nullable Long guestSilentMillis;
  private @Nullable String guestProbe;
  private @Nullable Long sourceUserMillis;
  private @Nullable Long sourceSystemMillis;
  private @Nullable Long targetUserMillis;
  private @Nullable Long targetSystemMillis;

  /** Keep what a move is expected to take, and beside it the disks that are copied. */
  void expect(Choice.Move move, double bias, Duration forDisks, Memory ofDisks) {
    var expected = move.expected();
    this.ballooned = move.levers().balloonTo() != null;
    this.compressed = move.levers().cache() != null;
    this.expectedBias = bias;
    this.expectedMillis = expected.total().plus(forDisks).toMillis();
    this.expectedDowntimeMillis = expected.downtime().toMillis();
    this.expectedBytes = expected.bytes().plus(ofDisks).bytes();
  }

  /** Keep how long it waited for a quieter moment. */
  void waited(Duration length) {
    this.waitedMillis = length.toMillis();
  }

  /** Keep what the guest has when the order is given. */
  void sends(Memory has) {
    this.guestMemoryBytes = has.bytes();
  }

  /** Keep how long it took until the order was given; what it waited is no part of that. */
  void prepared(Duration sinceStart) {
    this.preparedMillis = sinceStart.toMillis() - (waitedMillis == null ? 0 : waitedMillis);
  }

  /** Keep the hypervisor's own figures; what it did not tell stays unknown. */
  void measure(MigrationFigures figures) {
    this.totalMillis =
        figures.total() == null ? totalMillis : Long.valueOf(figures.total().toMillis());
    this.bytes =
        figures.transferred() == null ? bytes : Long.valueOf(figures.transferred().bytes());
    this.iterations = figures.iterations() == null ? iterations : figures.iterations();
    if (figures.downtime() != null) {
      stoodStill(figures.downtime(), "by the hypervisor");
    }
  }

  /** Keep what was sent although the guest stayed, as it was told last. */
  void sentInVain(ProgressLog.Last last) {
    this.totalMillis = last.elapsedMillis();
    this.bytes = last.processedBytes();
    this.iterations = last.iteration() < 1 ? null : Integer.valueOf(last.iteration());
  }

  /** Keep a pause, with how it was measured. */
  void stoodStill(Duration pause, String measured) {
    this.downtimeMillis = pause.toMillis();
    this.downtimeSource = measured;
  }

  /** Keep what both hosts spent while memory was copied, as far as they tell. */
  void hostsSpent(HostCpu.@Nullable Spent spent) {
    if (spent != null && spent.source() != null) {
      this.sourceUserMillis = spent.source().user().toMillis();
      this.sourceSystemMillis = spent.source().system().toMillis();
    }
    if (spent != null && spent.target() != null) {
      this.targetUserMillis = spent.target().user().toMillis();
      this.targetSystemMillis = spent.target().system().toMillis();
    }
  }

  /** Keep what the guest's users saw of it; null where the probe had no answer to compare with. */
  void seenByGuest(DowntimeProbe.Seen seen) {
    var downtime = seen.downtime();
    var silent = seen.silent();
    this.guestDowntimeMillis = downtime == null ? null : downtime.toMillis();
    this.guestSilentMillis = silent == null ? null : silent.toMillis();
    this.guestProbe = seen.words();
  }

  @Nullable Long expectedMillis() {
    return expectedMillis;
  }

  @Nullable Long expectedDowntimeMillis() {
    return expectedDowntimeMillis;
  }

  @Nullable Long expectedBytes() {
    return expectedBytes;
  }

  @Nullable Double imbalanceBefore() {
    return imbalanceBefore;
  }

  @Nullable Double imbalancePromised() {
    return imbalancePromised;
  }

  @Nullable Long totalMillis() {
    return totalMillis;
  }

  @Nullable Long downtimeMillis() {
    return downtimeMillis;
  }

  @Nullable Long guestDowntimeMillis() {
    return guestDowntimeMillis;
  }

  @Nullable Long guestSilentMillis() {
    return guestSilentMillis;
  }

  @Nullable String guestProbe() {
    return guestProbe;
  }
}
