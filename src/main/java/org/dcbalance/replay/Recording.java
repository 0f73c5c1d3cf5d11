package org.dcbalance.replay;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.dcbalance.strategy.HostLoad;
import org.dcbalance.strategy.PastMove;
import org.dcbalance.strategy.Rule;
import org.dcbalance.strategy.VmLoad;

/**
 * Hold the load of a pool as it was recorded, in steps of equal length.
 *
 * @param pool its name
 * @param steps when each step begins, in order; where two are further apart than a step, nothing is
 *     known of the time between
 * @param step length of a step
 * @param vms with one value for each of the steps
 * @param rules which VMs belong together, apart, or to certain hosts
 * @param history moves made before, newest first
 * @param linkMiB what a host's link carries, MiB/s; the moves of a host share it
 */
public record Recording(
    String pool,
    List<Instant> steps,
    Duration step,
    List<RecordedHost> hosts,
    List<RecordedVm> vms,
    List<Rule> rules,
    List<PastMove> history,
    double linkMiB) {
  /** What a link of 1 Gbit/s carries. */
  public static final double GIGABIT_MIB = 1e9 / 8 / (1024 * 1024);

  public Recording {
    steps = List.copyOf(steps);
    hosts = List.copyOf(hosts);
    vms = List.copyOf(vms);
    rules = List.copyOf(rules);
    history = List.copyOf(history);
    for (var vm : vms) {
      if (vm.cores().length != steps.size()) {
        throw new IllegalArgumentException(
            vm.vm().name()
                + " has "
                + vm.cores().length
                + " values for "
                + steps.size()
                + " steps.");
      }
    }
  }

  /** Tell how much time is recorded, holes left out. */
  public Duration length() {
    return step.multipliedBy(steps.size());
  }

  /** Tell whether nothing is known of the time right before a step. */
  boolean begins(int at) {
    return at == 0 || Duration.between(steps.get(at - 1), steps.get(at)).compareTo(step) > 0;
  }

  double stepSeconds() {
    return step.toMillis() / 1e3;
  }

  /**
   * Describe a host.
   *
   * @param load what strategies see of it
   * @param takes cores that it takes for itself of what its guests could have
   */
  public record RecordedHost(HostLoad load, double takes) {}

  /**
   * Describe a VM and what it used in each step; not a number where it did not run.
   *
   * @param vm all but its load, its rest and its moves, which the replay fills in; its host is the
   *     one that it starts on
   * @param cores CPU, in cores
   * @param usedMiB memory in use, in MiB
   * @param network traffic, in bytes per second
   * @param disk the same
   */
  @SuppressWarnings("ArrayRecordComponent") // columns of a table, never compared
  public record RecordedVm(
      VmLoad vm, double[] cores, double[] usedMiB, double[] network, double[] disk) {
    boolean runs(int step) {
      return !Double.isNaN(cores[step]);
    }
  }
}
