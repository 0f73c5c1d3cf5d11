package org.dcbalance.offline;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.dcbalance.strategy.MigrationCost;
import org.dcbalance.strategy.Plan;

/** A cluster in the text format of Ganeti's htools. */
record HtoolsFile(String file, List<String> lines, String loadFile, List<String> loads)
    implements ClusterFile {
  HtoolsFile {
    lines = List.copyOf(lines);
    loads = List.copyOf(loads);
  }

  private HtoolsCluster cluster(Set<String> evacuated) {
    var known = HtoolsText.loads(loadFile, loads);
    var cluster = HtoolsText.read(file, lines, known, evacuated);
    var names = new HashSet<String>();
    for (var instance : cluster.instances()) {
      names.add(instance.name());
    }
    for (var name : known.keySet()) {
      if (!names.contains(name)) {
        throw Arguments.problem(
            loadFile + ": there is no instance \"" + name + "\" in " + file + ".", null);
      }
    }
    return cluster;
  }

  @Override
  public Outcome decide(Request request) {
    if (request.score().equals("dcbalance")) {
      // evacuated nodes are named to the strategy, which treats them otherwise than closed ones
      var pool = HtoolsPool.of(file, cluster(Set.of()), !loads.isEmpty());
      return PoolDecision.of(pool, request);
    }
    var cluster = cluster(request.evacuate());
    var problem = new HtoolsProblem(cluster);
    int maxMoves = request.maxMoves() == null ? Integer.MAX_VALUE : request.maxMoves();
    long start = System.nanoTime();
    var plan = problem.plan(maxMoves);
    var searched = Duration.ofNanos(System.nanoTime() - start);
    var score = new HtoolsScore(cluster);
    var moves = new ArrayList<Outcome.Move>();
    var costs = new HtoolsPool.Costs(!loads.isEmpty());
    for (var step : plan.steps()) {
      moves.add(move(cluster, problem, step, costs));
    }
    var placement = problem.after(plan);
    var stays = new ArrayList<Outcome.Stay>();
    for (int i = 0; i < placement.length; i++) {
      var instance = cluster.instances().get(i);
      var tied = instance.tied();
      if (tied != null) {
        stays.add(new Outcome.Stay(instance.name(), tied));
      } else if (cluster.nodes().get(placement[i]).offline()) {
        stays.add(
            new Outcome.Stay(
                instance.name(),
                moves.size() >= maxMoves
                    ? "Only " + maxMoves + " moves are allowed."
                    : "No node that is online has room for it."));
      }
    }
    return new Outcome(
        request.strategy(),
        "htools",
        cluster.nodes().size(),
        cluster.instances().size(),
        moves.isEmpty() ? "Nothing to do: no move gains enough." : "These moves are worth making.",
        score.terms(cluster.placement()),
        score.terms(placement),
        moves,
        stays,
        searched);
  }

  private static Outcome.Move move(
      HtoolsCluster cluster, HtoolsProblem problem, Plan.Step step, HtoolsPool.Costs costs) {
    var instance = problem.instance(step.vm());
    // an instance that moves twice starts from where it went first
    var source =
        step.source() < 0 ? cluster.nodes().get(instance.primary()) : problem.node(step.source());
    var target = problem.node(step.target());
    MigrationCost cost = costs.of(instance, source.cpus());
    return new Outcome.Move(
        instance.name(),
        source.name(),
        target.name(),
        step.gain(),
        instance.memory(),
        source.offline()
            ? source.name() + " is to be emptied; " + target.name() + " suits the others best."
            : step.gain() >= 0
                ? "It lowers the spread over hosts more than any other place for it would."
                : "It is one half of an exchange that lowers the spread over hosts.",
        cost);
  }

  @Override
  public List<String> after(Map<String, String> hosts) {
    var cluster = cluster(Set.of());
    var indexes = new HashMap<String, Integer>();
    for (var node : cluster.nodes()) {
      indexes.put(node.name(), indexes.size());
    }
    var placement = cluster.placement();
    for (int i = 0; i < placement.length; i++) {
      var target = hosts.get(cluster.instances().get(i).name());
      placement[i] = target == null ? placement[i] : indexes.getOrDefault(target, placement[i]);
    }
    return HtoolsText.after(lines, cluster, placement);
  }
}
