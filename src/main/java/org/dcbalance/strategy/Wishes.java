package org.dcbalance.strategy;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.dcbalance.strategy.Candidates.Look;
import org.dcbalance.strategy.Imbalance.Part;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;

/**
 * Hold what is asked of a placement besides an even load: its rules, room for a large VM, and room
 * for the loss of a host. Hosts are indexes; only open ones count.
 */
final class Wishes {
  private final Limits.Room room;
  private final List<HostLoad> hosts;
  private final List<VmLoad> vms;

  /** Where each VM counts, -1 for VMs that count nowhere. */
  private final int[] at;

  private final Map<VmId, Integer> moved;
  private final RuleBook book;
  private final RuleCounts rules;
  private final Headroom headroom;

  /** Share of a host's memory that would find no room if it failed; negative if not known. */
  private double homeless = -1;

  Wishes(List<HostLoad> hosts, List<VmLoad> vms, int[] at, List<Rule> ruled, Limits limits) {
    this.room = limits.room();
    this.hosts = hosts;
    this.vms = vms;
    this.at = at;
    moved = new HashMap<>();
    book = new RuleBook(ruled, hosts);
    rules = new RuleCounts(book, hosts.size());
    for (int vm = 0; vm < at.length && !book.isEmpty(); vm++) {
      if (at[vm] >= 0) {
        rules.put(book.of(vms.get(vm).id()), at[vm], 1);
      }
    }
    headroom = Headroom.of(hosts, vms, at, limits);
  }

  /** Take over how things stand, to try something out. */
  Wishes(Wishes other) {
    room = other.room;
    hosts = other.hosts;
    vms = other.vms;
    at = other.at;
    moved = new HashMap<>(other.moved);
    book = other.book;
    rules = new RuleCounts(other.rules);
    headroom = new Headroom(other.headroom);
    homeless = other.homeless;
  }

  /** Note that a VM which counts elsewhere has yet to leave its host. */
  void leave(VmLoad vm, int host) {
    rules.leave(book.of(vm.id()), host);
  }

  /** Follow a move. */
  void move(VmLoad vm, int source, int target) {
    var numbers = book.of(vm.id());
    rules.put(numbers, source, -1);
    rules.put(numbers, target, 1);
    if (headroom.asked()) {
      headroom.move(vm, source, target);
    }
    if (room.hostLoss()) {
      moved.put(vm.id(), target);
      homeless = -1;
    }
  }

  /** Give the terms of what is asked for; none where nothing is. */
  List<Imbalance.Term> terms() {
    var terms = new ArrayList<Imbalance.Term>();
    if (!book.isEmpty()) {
      terms.add(
          new Imbalance.Term("broken rules", rules.hard(), RuleCounts.HARD_WEIGHT, Part.WISH));
      terms.add(
          new Imbalance.Term(
              "soft rules not met", rules.soft(), RuleCounts.SOFT_WEIGHT, Part.WISH));
    }
    if (headroom.asked()) {
      terms.add(
          new Imbalance.Term(
              "room for a large VM", headroom.missing(), Headroom.WEIGHT, Part.WISH));
    }
    if (room.hostLoss()) {
      terms.add(new Imbalance.Term("room for the loss of a host", homeless(), 1, Part.NOTE));
    }
    return terms;
  }

  /** Give what the terms add to the score. */
  double cost() {
    return rules.cost() + roomMissing() + homeless();
  }

  /** Give what they would add after one move; a host's loss is looked at once a move is chosen. */
  double costAfter(VmLoad vm, int source, int target) {
    return cost() - mends(vm, source, target) - makesRoom(vm, source, target);
  }

  /**
   * The same for VMs on one host that move as one.
   *
   * @param sum all of them in one
   */
  double costAfter(List<VmLoad> several, VmLoad sum, int source, int target) {
    return cost() + rules.change(book.of(several), source, target) - makesRoom(sum, source, target);
  }

  /** Give the part of the score that is about room for a large VM. */
  double roomMissing() {
    return Headroom.WEIGHT * headroom.missing();
  }

  /** Give the share of a host's memory that would find no room if the worst one failed. */
  double homeless() {
    if (homeless < 0) {
      var worst = room.hostLoss() ? worstLoss() : null;
      homeless = worst == null ? 0 : worst.share();
    }
    return homeless;
  }

  /** Find the host whose loss would leave most without room; null if none would. */
  SpareRoom.@Nullable Loss worstLoss() {
    var now = at.clone();
    for (int vm = 0; vm < now.length; vm++) {
      now[vm] = moved.getOrDefault(vms.get(vm).id(), now[vm]);
    }
    return new SpareRoom(hosts, vms, now).worst();
  }

  /** Tell whether anything is not met that moves could meet. */
  boolean unmet() {
    return rules.hard() + rules.soft() > 0 || headroom.missing() > 0;
  }

  /** Count how often hard rules are broken. */
  int broken() {
    return rules.hard();
  }

  /** Tell whether a rule that speaks of the VM is broken. */
  boolean broken(VmLoad vm) {
    return rules.broken(book.of(vm.id()));
  }

  /** Find the hard rule that a move would break; null if it breaks none. */
  @Nullable Rule refusing(VmLoad vm, int source, int target) {
    return rules.refusing(book.of(vm.id()), source, target);
  }

  /** The same for VMs that move as one. */
  @Nullable Rule refusing(List<VmLoad> several, int source, int target) {
    return rules.refusing(book.of(several), source, target);
  }

  /** Tell whether a move would break a hard rule, those aside that keep VMs together. */
  boolean refusingAlone(VmLoad vm, int source, int target) {
    return rules.refusing(book.apart(vm.id()), source, target) != null;
  }

  /** Find a rule that moves mend, a hard one if there is one; null if they mend none. */
  @Nullable Rule mended(List<Look.Move> moves) {
    var first = moves.getFirst();
    var numbers = book.of(moves.stream().map(Look.Move::vm).toList());
    if (numbers.length == 0) {
      return null;
    }
    boolean oneHost = moves.stream().allMatch(move -> move.source() == first.source());
    return oneHost
        ? rules.mended(numbers, first.source(), first.target())
        : rules.scattered(numbers);
  }

  /** Tell how much a move takes off the terms of the rules. */
  double mends(VmLoad vm, int source, int target) {
    return -rules.change(book.of(vm.id()), source, target);
  }

  /** The same for VMs on one host that move as one. */
  double mends(List<VmLoad> several, int source, int target) {
    return -rules.change(book.of(several), source, target);
  }

  /** Tell how much a move takes off the term of room for a large VM. */
  double makesRoom(VmLoad vm, int source, int target) {
    return -Headroom.WEIGHT * headroom.change(vm, source, target);
  }
}
