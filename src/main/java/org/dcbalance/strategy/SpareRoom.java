package org.dcbalance.strategy;

import static java.util.Comparator.comparingLong;

import java.util.ArrayList;
import java.util.List;
import org.dcbalance.units.Memory;
import org.jspecify.annotations.Nullable;

/**
 * Tell what would find no room if a host failed. Its guests are put on the other open hosts one
 * after another, the largest first, each where the least memory is left over then. Another order
 * may now and then find room where this one does not; one that is found is there.
 */
public final class SpareRoom {
  private final List<HostLoad> hosts;
  private final List<List<VmLoad>> guests = new ArrayList<>();
  private final double[] free;

  /**
   * Take over how things stand.
   *
   * @param at index of each VM's host, -1 for VMs that are on none of the hosts
   */
  SpareRoom(List<HostLoad> hosts, List<VmLoad> vms, int[] at) {
    this.hosts = hosts;
    free = new double[hosts.size()];
    for (int host = 0; host < free.length; host++) {
      var each = hosts.get(host);
      free[host] = each.memory().bytes() - (double) each.own().memory().bytes();
      guests.add(new ArrayList<>());
    }
    for (int vm = 0; vm < at.length; vm++) {
      if (at[vm] >= 0) {
        guests.get(at[vm]).add(vms.get(vm));
        free[at[vm]] -= vms.get(vm).allocated().bytes();
      }
    }
    guests.forEach(
        some ->
            some.sort(
                comparingLong((VmLoad vm) -> -vm.allocated().bytes()).thenComparing(VmLoad::id)));
  }

  /**
   * Name the host that could be lost least.
   *
   * @param homeless memory of its guests that no other host could give
   * @param share the same as a share of the host's memory
   */
  public record Loss(HostLoad host, int vms, Memory homeless, double share) {
    /** Say it in one sentence. */
    public String sentence() {
      return "If %s failed, %s of its guests with %s of memory would find no room on the other hosts."
          .formatted(host.name(), vms, ReasonText.size(homeless));
    }
  }

  /** Find the host of a pool whose loss would leave most without room; null if none would. */
  public static @Nullable Loss worst(Pool pool, Limits limits) {
    return Placement.of(pool, limits).wishes().worstLoss();
  }

  /** Find the host whose loss would leave most without room; null if none would. */
  @Nullable Loss worst() {
    @Nullable Loss worst = null;
    for (int host = 0; host < free.length; host++) {
      var loss = loss(host);
      if (loss.vms() > 0 && (worst == null || loss.share() > worst.share())) {
        worst = loss;
      }
    }
    return worst;
  }

  private Loss loss(int lost) {
    var left = free.clone();
    long homeless = 0;
    int vms = 0;
    for (var vm : guests.get(lost)) {
      double needed = vm.allocated().bytes();
      int best = -1;
      for (int host = 0; host < left.length; host++) {
        if (host != lost
            && left[host] >= needed
            && (best < 0 || left[host] < left[best])
            && !vm.refused().containsKey(hosts.get(host).id())) {
          best = host;
        }
      }
      if (best < 0) {
        homeless += vm.allocated().bytes();
        vms++;
      } else {
        left[best] -= needed;
      }
    }
    var host = hosts.get(lost);
    return new Loss(host, vms, new Memory(homeless), homeless / (double) host.memory().bytes());
  }
}
