package org.dcbalance.replay;

import java.time.Duration;
import java.util.Arrays;
import org.dcbalance.replay.Recording.RecordedVm;
import org.dcbalance.strategy.Load;
import org.dcbalance.units.ByteRate;
import org.dcbalance.units.Memory;

/**
 * Keep what each VM got in a replay, and sum it up as a console does: windows, and a day's peaks.
 */
final class Measured {
  private static final Duration DAY = Duration.ofDays(1);

  private final Recording recording;
  private final int window;
  private final int day;
  private final int peaksKept;

  /** What each VM got in each step so far, in cores. */
  private final double[][] got;

  private final double[] peaks;
  private int peaksOf = -1;

  /** The first step since which nothing is missing. */
  private int since;

  Measured(Recording recording, Tempo tempo) {
    this.recording = recording;
    window = tempo.windowSteps(recording.step());
    day = (int) DAY.dividedBy(recording.step());
    peaksKept = (int) Math.max(1, tempo.peaksKept().dividedBy(recording.step()));
    got = new double[recording.vms().size()][recording.steps().size()];
    peaks = new double[recording.vms().size()];
  }

  /** Note that a step begins. */
  void begin(int step) {
    if (recording.begins(step)) {
      since = step;
    }
  }

  void add(int vm, int step, double cores) {
    got[vm][step] += cores;
  }

  /** Note that a VM did not run in a step. */
  void none(int vm, int step) {
    got[vm][step] = Double.NaN;
  }

  /** Tell whether anything was measured right before a step. */
  boolean anything(int step) {
    return step > since;
  }

  boolean ran(int vm, int step) {
    return !Double.isNaN(got[vm][step - 1]);
  }

  /** Give the mean over the window that ends with a step. */
  Load mean(int vm, int step) {
    var recorded = recording.vms().get(vm);
    return new Load(
        mean(got[vm], step),
        memory(recorded, step),
        new ByteRate(mean(recorded.network(), step)),
        new ByteRate(mean(recorded.disk(), step)));
  }

  /** Give the peaks: the most of any step in the window, and of CPU at least the day's peak. */
  Load high(int vm, int step) {
    lookAtDay(step);
    var recorded = recording.vms().get(vm);
    return new Load(
        Math.max(peaks[vm], most(got[vm], step)),
        memory(recorded, step),
        new ByteRate(most(recorded.network(), step)),
        new ByteRate(most(recorded.disk(), step)));
  }

  private static Memory memory(RecordedVm vm, int step) {
    return Memory.ofMiB(Math.round(vm.usedMiB()[step - 1]));
  }

  private double mean(double[] values, int step) {
    double sum = 0;
    int count = 0;
    for (int i = step - 1; i >= Math.max(since, step - window); i--) {
      if (!Double.isNaN(values[i])) {
        sum += values[i];
        count++;
      }
    }
    return count == 0 ? 0 : sum / count;
  }

  private double most(double[] values, int step) {
    double most = 0;
    for (int i = step - 1; i >= Math.max(since, step - window); i--) {
      most = values[i] > most ? values[i] : most;
    }
    return most;
  }

  /** The 95th percentile of a day, once six hours of it are known, as the console takes it. */
  private void lookAtDay(int step) {
    if (peaksOf >= 0 && step >= peaksOf && step < peaksOf + peaksKept) {
      return;
    }
    peaksOf = step;
    for (int vm = 0; vm < peaks.length; vm++) {
      var values = Arrays.copyOfRange(got[vm], Math.max(0, step - day), step);
      Arrays.sort(values);
      int known = values.length;
      while (known > 0 && Double.isNaN(values[known - 1])) {
        known--;
      }
      peaks[vm] = known < day / 4 ? 0 : values[(int) (0.95 * (known - 1))];
    }
  }
}
