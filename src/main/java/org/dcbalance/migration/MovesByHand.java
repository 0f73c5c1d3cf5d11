package org.dcbalance.migration;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.function.LongSupplier;
import org.dcbalance.access.CurrentOperator;
import org.dcbalance.installation.Installation;
import org.dcbalance.inventory.Host;
import org.dcbalance.inventory.Hosts;
import org.dcbalance.inventory.Pools;
import org.dcbalance.inventory.Vm;
import org.dcbalance.inventory.Vms;
import org.dcbalance.method.Choice;
import org.dcbalance.method.Method;
import org.dcbalance.method.MethodText;
import org.dcbalance.recommendation.RequestedMoves;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Memory;
import org.dcbalance.units.Operator;
import org.dcbalance.units.Problem;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Queue moves that an operator asks for without a recommendation. */
@Component
public class MovesByHand implements RequestedMoves {
  private static final Duration FARTHEST = Duration.ofDays(30);

  private final PreFlightChecks checks;
  private final MigrationQueue queue;
  private final Vms vms;
  private final Hosts hosts;
  private final Installation installation;
  private final Pools pools;
  private final MoveFacts facts;
  private final Clock clock;

  MovesByHand(
      PreFlightChecks checks,
      MigrationQueue queue,
      Vms vms,
      Hosts hosts,
      Installation installation,
      Pools pools,
      MoveFacts facts,
      Clock clock) {
    this.checks = checks;
    this.queue = queue;
    this.vms = vms;
    this.hosts = hosts;
    this.installation = installation;
    this.pools = pools;
    this.facts = facts;
    this.clock = clock;
  }

  /**
   * Queue a move that somebody asks for without a reason.
   *
   * @throws Problem as below, REFUSED with the rules that it would break, and BAD_REQUEST for a
   *     deadline that has passed
   */
  public long request(MoveByHand wish, CurrentOperator by) {
    if (wish.breakRules() && !by.mayAdminister()) {
      throw new Problem(
          ErrorCode.FORBIDDEN,
          "Only administrators may break placement rules.",
          "Maybe ask one of them, or choose another host.");
    }
    var rules = checks.rules(wish.vm(), wish.target(), _ -> true);
    if (!wish.breakRules()) {
      require(rules);
    }
    var why =
        rules.ok() ? "Asked for by hand." : "Asked for by hand, rules or not. " + rules.sentence();
    return queue.add(checked(new Asked(wish, by.operator(), why, !rules.ok(), null, null)));
  }

  @Override
  public LongSupplier prepare(VmId vm, HostId target, String why, Operator by) {
    require(checks.rules(vm, target, _ -> true));
    var wish = checked(new Asked(new MoveByHand(vm, target, null), by, why));
    return () -> queue.add(wish);
  }

  private static void require(Check rules) {
    if (!rules.ok()) {
      throw new Problem(
          ErrorCode.REFUSED,
          rules.sentence(),
          "Maybe choose another host, or have an administrator break the rule on purpose.");
    }
  }

  /** The same, whatever placement rules say. */
  long request(VmId vmId, HostId target, @Nullable Method method, Operator by) {
    return request(new MoveByHand(vmId, target, method), by);
  }

  /** The same, whatever placement rules say. */
  long request(MoveByHand wish, Operator by) {
    return queue.add(checked(new Asked(wish, by, "Asked for by hand.")));
  }

  /**
   * Check that the VM can move there, and queue the move; if it fails, whoever asks tries again.
   *
   * @param why a sentence for its record
   * @param expected how long it is expected to take; null where that is not known yet
   * @return the id of the migration
   * @throws Problem NOT_FOUND, REFUSED with all reasons, which is a {@link TargetRefused} where
   *     another host may do, or CONFLICT if another move of it is open or the database is doubted
   */
  public long request(
      VmId vmId, HostId target, Operator by, String why, @Nullable Duration expected) {
    return queue.add(
        checked(new Asked(new MoveByHand(vmId, target, null), by, why, false, expected, 1)));
  }

  /** A move with what the database is told beside it. */
  private record Asked(
      MoveByHand wish,
      Operator by,
      String why,
      boolean rulesBroken,
      @Nullable Duration expected,
      @Nullable Integer mostAttempts) {
    Asked(MoveByHand wish, Operator by, String why) {
      this(wish, by, why, false, null, null);
    }
  }

  private MigrationQueue.Wish checked(Asked asked) {
    installation.requireConfirmed();
    var wish = asked.wish();
    checkDeadline(wish.endBy());
    var vmId = wish.vm();
    var target = wish.target();
    var method = wish.method();
    var failed = checks.of(vmId, target, wish.withStorage()).stream().filter(c -> !c.ok()).toList();
    if (!failed.isEmpty()) {
      var advice = "Maybe choose another host, or mend what is named.";
      throw PreFlight.byTarget(failed)
          ? new TargetRefused(sentences(failed), advice)
          : new Problem(ErrorCode.REFUSED, sentences(failed), advice);
    }
    var vm =
        vms.findById(vmId.value())
            .orElseThrow(
                () ->
                    new Problem(
                        ErrorCode.NOT_FOUND, "There is no virtual machine " + vmId + ".", null));
    var to = hosts.findById(target.value()).orElseThrow();
    var pool = to.poolId();
    if (method != null) {
      refuseUnlessPossible(vm, to, method, wish.withStorage());
    }
    return new MigrationQueue.Wish(
        null,
        pool.value(),
        vmId.value(),
        vm.hostId().value(),
        target.value(),
        asked.why(),
        asked.by().name(),
        asked.expected() == null ? null : asked.expected().toMillis(),
        null,
        null,
        null,
        null,
        method == null ? null : method.name(),
        MigrationQueue.utc(wish.endBy()),
        wish.withStorage(),
        asked.rulesBroken(),
        1,
        null,
        asked.mostAttempts());
  }

  private void checkDeadline(@Nullable Instant endBy) {
    var now = clock.instant();
    if (endBy != null && (!endBy.isAfter(now) || endBy.isAfter(now.plus(FARTHEST)))) {
      throw new Problem(
          ErrorCode.BAD_REQUEST,
          "A move cannot have ended by %s: it is %s now, and at most %d days are waited."
              .formatted(endBy, now.truncatedTo(ChronoUnit.SECONDS), FARTHEST.toDays()),
          "Maybe give a later time, or none.");
    }
  }

  /** List the methods to choose from for a VM: what its host can do and what is allowed for it. */
  public List<Method> offered(Vm vm) {
    return hosts
        .findById(vm.hostId().value())
        .flatMap(
            host ->
                pools.findById(host.poolId().value()).map(pool -> facts.offered(vm, host, pool)))
        .orElse(List.of());
  }

  private void refuseUnlessPossible(Vm vm, Host target, Method method, boolean withStorage) {
    var source = hosts.findById(vm.hostId().value()).orElseThrow();
    var pool = pools.findById(target.poolId().value()).orElseThrow();
    if (facts
            .choose(vm, source, target, pool, method, null, withStorage ? Memory.ZERO : null)
            .choice()
        instanceof Choice.Wait wait) {
      throw new Problem(
          ErrorCode.REFUSED,
          MethodText.why(wait).isEmpty()
              ? method.words() + " is not allowed for " + vm.name() + "."
              : MethodText.why(wait),
          "Maybe allow it on the page of the virtual machine, or choose another method.");
    }
  }

  static String sentences(List<Check> failed) {
    return String.join(" ", failed.stream().map(Check::sentence).toList());
  }
}
