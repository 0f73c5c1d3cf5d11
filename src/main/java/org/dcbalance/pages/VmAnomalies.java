package org.dcbalance.pages;

import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.dcbalance.inventory.FleetEvents;
import org.dcbalance.inventory.FleetEvents.FleetEvent;
import org.dcbalance.pages.Anomaly.Kind;
import org.dcbalance.pages.TroubledThings.TroubledVm;
import org.dcbalance.recovery.Recoveries;
import org.springframework.stereotype.Component;

/** Find VMs that run twice, crashed, stand still, vanished, or were moved by somebody else. */
@Component
class VmAnomalies implements AnomalySource {
  /** How long a move by somebody else is worth a word. */
  private static final Duration RECENT = Duration.ofHours(1);

  private static final Duration DAY = Duration.ofDays(1);

  private final TroubledThings things;
  private final Recoveries recoveries;
  private final FleetEvents events;
  private final Clock clock;

  VmAnomalies(TroubledThings things, Recoveries recoveries, FleetEvents events, Clock clock) {
    this.things = things;
    this.recoveries = recoveries;
    this.events = events;
    this.clock = clock;
  }

  @Override
  public List<Anomaly> look(Fleet fleet) {
    var pool = fleet.shell().poolId();
    var now = clock.instant();
    var found = new ArrayList<Anomaly>();
    twins(fleet, found);
    for (var vm : things.split(pool)) {
      found.add(
          new Anomaly(Kind.RUNS_TWICE, vm.name(), vm.sentence(), vm.since(), "/vms/" + vm.id()));
    }
    things.vms(pool, now.minus(DAY)).forEach(vm -> found.add(of(vm)));
    events
        .since(pool, List.of("vm-moved-outside"), now.minus(RECENT))
        .forEach(
            event ->
                found.add(
                    of(
                        event,
                        Kind.MOVED_OUTSIDE,
                        " Maybe another balancer or a person works on this pool.")));
    return found;
  }

  private void twins(Fleet fleet, List<Anomaly> found) {
    for (var twin : recoveries.twins()) {
      if (fleet.hosts().stream().map(HostLine::id).anyMatch(twin.lostId()::equals)) {
        found.add(
            new Anomaly(
                Kind.RUNS_TWICE,
                twin.vm(),
                twin.sentence() + " " + twin.advice(),
                null,
                "/vms/" + twin.vmId()));
      }
    }
  }

  private Anomaly of(TroubledVm vm) {
    var href = "/vms/" + vm.id();
    return switch (vm.state()) {
      case "CRASHED" ->
          new Anomaly(
              Kind.CRASHED,
              vm.name(),
              vm.name() + " has crashed on " + vm.host() + ".",
              null,
              href);
      case "GONE" ->
          new Anomaly(
              Kind.VANISHED,
              vm.name(),
              vm.name() + " vanished from " + vm.host() + " without DCbalance.",
              vm.goneSince(),
              href);
      default ->
          new Anomaly(
              Kind.STANDING,
              vm.name(),
              "%s is %s on %s, and nothing of DCbalance keeps it so."
                  .formatted(vm.name(), vm.state().toLowerCase(Locale.ROOT), vm.host()),
              null,
              href);
    };
  }

  private static Anomaly of(FleetEvent event, Kind kind, String advice) {
    return new Anomaly(
        kind,
        event.sentence().split(" ", 2)[0],
        event.sentence() + advice,
        event.at(),
        event.vmId() == null ? "/events" : "/vms/" + event.vmId());
  }
}
