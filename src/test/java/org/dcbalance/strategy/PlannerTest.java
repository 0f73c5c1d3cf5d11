package org.dcbalance.strategy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.HashSet;
import org.junit.jupiter.api.Test;

/** Rules that every plan keeps, checked with arithmetic of the test's own. */
class PlannerTest {
  private static final int PROBLEMS = 1500;
  private static final Planner.Stop TO_THE_END =
      new Planner.Stop(1e-9, 0.1, 0.01, Integer.MAX_VALUE);

  @Test
  void every_plan_keeps_the_rules_step_by_step() {
    int steps = 0;
    int stranded = 0;
    int exchanges = 0;
    int again = 0;
    for (long seed = 0; seed < PROBLEMS; seed++) {
      var problem = RandomProblems.small(seed);
      var plan = Planner.plan(problem, TO_THE_END);
      var at = problem.home.clone();
      assertThat(plan.before()).as("seed %d", seed).isCloseTo(score(problem, at), within(1e-9));
      var moved = new HashSet<Integer>();
      double memory = 0;
      for (var step : plan.steps()) {
        var where = "seed %d, VM %d".formatted(seed, step.vm());
        again += moved.add(step.vm()) ? 0 : 1;
        assertThat(problem.movable[step.vm()]).as(where).isTrue();
        assertThat(step.source()).as(where).isEqualTo(at[step.vm()]).isNotEqualTo(step.target());
        assertThat(problem.refuses(step.vm(), step.target())).as(where).isFalse();
        assertRoom(problem, at, step, where);
        double before = score(problem, at);
        at[step.vm()] = step.target();
        assertThat(step.gain()).as(where).isCloseTo(before - score(problem, at), within(1e-8));
        memory += problem.memory[step.vm()];
        steps++;
        stranded += step.source() < 0 ? 1 : 0;
        exchanges += step.gain() < 0 ? 1 : 0;
      }
      assertThat(plan.after()).as("seed %d", seed).isCloseTo(score(problem, at), within(1e-8));
      assertThat(plan.after()).as("seed %d", seed).isLessThanOrEqualTo(plan.before());
      assertThat(plan.memory()).isEqualTo(memory);
    }
    // a VM moves twice only where there would be no room otherwise
    assertThat(again).isLessThan(PROBLEMS / 50);
    // the problems have to be worth the trouble
    assertThat(steps).isGreaterThan(5 * PROBLEMS);
    assertThat(stranded).isGreaterThan(PROBLEMS / 2);
    assertThat(exchanges).isGreaterThan(PROBLEMS / 50);
  }

  private static void assertRoom(BalancingProblem problem, int[] at, Plan.Step step, String where) {
    for (var ceiling : problem.ceilings) {
      if (ceiling.soft() && step.source() < 0) {
        continue;
      }
      double level = ceiling.used()[step.target()] + ceiling.need()[step.vm()];
      double rise = Math.pow(ceiling.rise()[step.vm()], 2);
      for (int vm = 0; vm < at.length; vm++) {
        if (at[vm] == step.target()) {
          level += ceiling.need()[vm];
          rise += Math.pow(ceiling.rise()[vm], 2);
        }
      }
      assertThat(level + Math.sqrt(rise))
          .as(where)
          .isLessThanOrEqualTo(ceiling.limit()[step.target()] + 1e-6);
    }
    for (int tag : problem.tags[step.vm()]) {
      for (int vm = 0; vm < at.length && step.source() >= 0; vm++) {
        boolean same = at[vm] == step.target() && problem.tags[vm].length > 0;
        assertThat(same && problem.tags[vm][0] == tag).as(where).isFalse();
      }
    }
  }

  /** Score a placement as the documentation defines it. */
  private static double score(BalancingProblem problem, int[] at) {
    double score = problem.constant;
    for (var term : problem.terms) {
      var share = term.base().clone();
      for (int vm = 0; vm < at.length; vm++) {
        if (at[vm] >= 0) {
          share[at[vm]] += term.amount()[vm] / term.capacity()[at[vm]];
        }
      }
      double mean = 0;
      for (double x : share) {
        mean += x / share.length;
      }
      double variance = 0;
      for (double x : share) {
        variance += (x - mean) * (x - mean) / share.length;
        score += term.overloadWeight() > 0 ? 4 * Math.max(0, x - term.threshold()) : 0;
      }
      score += term.weight() * Math.sqrt(variance);
    }
    var tagged = new int[problem.tagCount][problem.hosts];
    for (int vm = 0; vm < at.length; vm++) {
      if (at[vm] < 0) {
        score += problem.movable[vm] ? problem.leaveWeight : 0;
        continue;
      }
      for (int tag : problem.tags[vm]) {
        score += tagged[tag][at[vm]]++ > 0 ? problem.tagWeight : 0;
      }
    }
    return score;
  }

  @Test
  void a_second_plan_right_after_the_first_is_empty() {
    for (long seed = 0; seed < PROBLEMS; seed++) {
      var problem = RandomProblems.small(seed);
      var after = problem.home.clone();
      Planner.plan(problem, TO_THE_END).steps().forEach(step -> after[step.vm()] = step.target());
      var second = Planner.plan(problem.from(after), TO_THE_END);
      assertThat(second.steps()).as("seed %d", seed).isEmpty();
    }
  }

  @Test
  void a_plan_copies_no_more_and_ends_no_worse_than_steepest_descent() {
    int better = 0;
    for (long seed = 0; seed < PROBLEMS; seed++) {
      var problem = RandomProblems.small(seed);
      var plain = new Balance(problem);
      double copied =
          new SteepestDescent(plain, TO_THE_END)
              .run().stream().mapToDouble(step -> problem.memory[step.vm()]).sum();
      var plan = Planner.plan(problem, TO_THE_END);
      assertThat(plan.memory()).as("seed %d", seed).isLessThanOrEqualTo(copied);
      assertThat(plan.after()).as("seed %d", seed).isLessThanOrEqualTo(plain.score() + 1e-9);
      better += plan.after() < plain.score() - 1e-6 ? 1 : 0;
    }
    assertThat(better).isGreaterThan(PROBLEMS / 20);
  }

  @Test
  void a_plan_moves_as_many_vms_as_it_may_and_the_same_again() {
    for (long seed = 0; seed < 300; seed++) {
      var problem = RandomProblems.small(seed);
      var stop = new Planner.Stop(1e-9, 0.1, 0.01, 3);
      var plan = Planner.plan(problem, stop);
      assertThat(plan.steps()).hasSizeLessThanOrEqualTo(3);
      assertThat(Planner.plan(problem, stop)).isEqualTo(plan);
    }
  }

  @Test
  void large_pools_end_where_no_single_move_gains_more_than_the_limit() {
    var pool = RandomPools.plain(7, 120, 1800);
    var movable = new HashSet<>(pool.vms().stream().map(VmLoad::id).toList());
    var problem = new PoolProblem(pool, Limits.DEFAULTS, java.util.Set.of(), movable).problem;
    var plan = Planner.plan(problem, TO_THE_END);
    assertThat(plan.after()).isLessThan(plan.before() / 2);
    var after = problem.home.clone();
    plan.steps().forEach(step -> after[step.vm()] = step.target());
    var balance = new Balance(problem.from(after));
    double score = balance.score();
    for (int vm = 0; vm < problem.vms; vm++) {
      for (int host = 0; host < problem.hosts; host++) {
        if (balance.fits(vm, host)) {
          assertThat(TO_THE_END.goesOn(score, balance.gain(vm, host))).isFalse();
        }
      }
    }
  }
}
