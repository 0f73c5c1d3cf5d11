package org.dcbalance.strategy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * State in plain numbers what a search works on: which VM counts on which host, what is scored, and
 * what a host can take. Hosts and VMs are indexes; whoever builds a problem sorts both by name, so
 * that the order of the input decides nothing.
 *
 * <p>The score is a weighted sum: of the standard deviation over hosts of each {@link Term}'s
 * share, of the shares above a threshold, of VMs on hosts that they must leave, and of VMs that
 * share a host although they carry the same tag.
 */
public final class BalancingProblem {
  /** Host of a VM that is on none of the hosts scored. */
  public static final int ELSEWHERE = -1;

  private static final int[] NO_TAGS = {};

  final int hosts;
  final int vms;

  /** Part of the score that no move changes. */
  final double constant;

  final List<Term> terms;
  final List<Ceiling> ceilings;
  final int[] home;
  final double[] memory;

  /** Which VMs a search may move. */
  final boolean[] movable;

  /** Which VMs count {@link #leaveWeight} as long as they are elsewhere. */
  final boolean[] stranded;

  final double leaveWeight;
  final int[][] tags;
  final int tagCount;
  final double tagWeight;
  final @Nullable BitSet[] refused;

  /** The rules of a pool, and which of them speak of each VM. */
  final RuleBook book;

  final int[][] rules;

  private BalancingProblem(Builder builder) {
    hosts = builder.hosts;
    constant = builder.constant;
    vms = builder.home.length;
    terms = List.copyOf(builder.terms);
    ceilings = List.copyOf(builder.ceilings);
    home = builder.home.clone();
    memory = builder.memory.clone();
    movable = builder.movable.clone();
    leaveWeight = builder.leaveWeight;
    tags = builder.tags;
    tagWeight = builder.tagWeight;
    tagCount = 1 + Arrays.stream(tags).flatMapToInt(Arrays::stream).max().orElse(-1);
    refused = builder.refused;
    book = builder.book;
    rules = builder.rules;
    stranded = new boolean[vms];
    for (int vm = 0; vm < vms; vm++) {
      stranded[vm] = home[vm] == ELSEWHERE && movable[vm];
    }
  }

  /** Start from another placement of the same VMs. */
  BalancingProblem from(int[] placement) {
    var builder = new Builder(hosts, placement).constant(constant).memory(memory).movable(movable);
    terms.forEach(builder::term);
    ceilings.forEach(builder::ceiling);
    builder.refused = refused.clone();
    builder.book = book;
    builder.rules = rules;
    return builder.leaving(leaveWeight).apart(tags, tagWeight).build();
  }

  /** Tell whether a rule other than room keeps the VM off a host. */
  boolean refuses(int vm, int host) {
    var no = refused[vm];
    return no != null && no.get(host);
  }

  /**
   * Name a quantity that is spread over hosts.
   *
   * @param weight what its standard deviation counts for
   * @param base each host's share without the VMs of the problem
   * @param capacity what a share of 1 is, by host, in the unit of the amounts
   * @param amount what each VM adds to its host
   * @param threshold share above which a host is overloaded, infinite where nothing is too much
   * @param overloadWeight what the shares above the threshold, added up, count for
   */
  @SuppressWarnings("ArrayRecordComponent") // columns of a table, never compared
  public record Term(
      String name,
      double weight,
      double[] base,
      double[] capacity,
      double[] amount,
      double threshold,
      double overloadWeight) {}

  /**
   * Bound what a host takes: used, plus the root of the added squares of rises, stays within the
   * limit. A host that is above it already may only lose VMs.
   *
   * @param used what is used without the VMs of the problem, by host
   * @param limit the most, by host
   * @param need what each VM uses
   * @param rise how far each VM rises above that at its peak; VMs seldom peak together
   * @param soft whether VMs that must leave their host may go above it
   */
  @SuppressWarnings("ArrayRecordComponent") // columns of a table, never compared
  public record Ceiling(
      double[] used, double[] limit, double[] need, double[] rise, boolean soft) {}

  /** Gather the parts of a problem. */
  public static final class Builder {
    private final int hosts;
    private final int[] home;
    private final List<Term> terms = new ArrayList<>();
    private final List<Ceiling> ceilings = new ArrayList<>();
    private @Nullable BitSet[] refused;
    private double[] memory;
    private boolean[] movable;
    private double leaveWeight;
    private int[][] tags;
    private double tagWeight;
    private double constant;
    private RuleBook book = new RuleBook(List.of(), List.of());
    private int[][] rules;

    /**
     * Start with the placement.
     *
     * @param home the host of each VM, {@link #ELSEWHERE} for VMs on hosts that are not scored
     */
    public Builder(int hosts, int[] home) {
      this.hosts = hosts;
      this.home = home.clone();
      memory = new double[home.length];
      movable = new boolean[home.length];
      Arrays.fill(movable, true);
      tags = new int[home.length][];
      Arrays.fill(tags, NO_TAGS);
      rules = tags.clone();
      refused = new BitSet[home.length];
    }

    public Builder term(Term term) {
      terms.add(term);
      return this;
    }

    public Builder ceiling(Ceiling ceiling) {
      ceilings.add(ceiling);
      return this;
    }

    /** Set what moving each VM copies, in MiB. */
    public Builder memory(double[] mib) {
      memory = mib.clone();
      return this;
    }

    /** Set the part of the score that no move changes. */
    public Builder constant(double score) {
      constant = score;
      return this;
    }

    public Builder movable(boolean[] may) {
      movable = may.clone();
      return this;
    }

    /** Let each movable VM elsewhere count so much until it is on a host. */
    public Builder leaving(double weight) {
      leaveWeight = weight;
      return this;
    }

    /** Let no VM go to a host that has one with the same tag; those that are count so much each. */
    public Builder apart(int[][] tagsOfVms, double weight) {
      tags = tagsOfVms.clone();
      tagWeight = weight;
      return this;
    }

    /** Keep to rules; {@code ofVms} are the numbers of those that speak of each VM. */
    Builder ruledBy(RuleBook rulesOfPool, int[][] ofVms) {
      book = rulesOfPool;
      rules = ofVms.clone();
      return this;
    }

    public Builder refuse(int vm, int host) {
      var hostsOfVm = refused[vm];
      if (hostsOfVm == null) {
        hostsOfVm = new BitSet(hosts);
        refused[vm] = hostsOfVm;
      }
      hostsOfVm.set(host);
      return this;
    }

    public BalancingProblem build() {
      return new BalancingProblem(this);
    }
  }
}
