package org.dcbalance.pages;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.toList;
import static java.util.stream.Collectors.toSet;

import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.dcbalance.console.Format;
import org.dcbalance.inventory.Host;
import org.dcbalance.inventory.Hosts;
import org.dcbalance.pages.Anomaly.Kind;
import org.dcbalance.telemetry.LastingLoad;
import org.dcbalance.telemetry.NewestLoad;
import org.dcbalance.telemetry.TelemetrySettings;
import org.dcbalance.units.HostId;
import org.dcbalance.units.PoolId;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Find hosts that do not answer, send no samples, or have had too much to do for long. */
@Component
class HostAnomalies implements AnomalySource {
  private final Hosts hosts;
  private final NewestLoad newest;
  private final LastingLoad lasting;
  private final TelemetrySettings telemetry;
  private final Format format;
  private final Clock clock;

  HostAnomalies(
      Hosts hosts,
      NewestLoad newest,
      LastingLoad lasting,
      TelemetrySettings telemetry,
      Format format,
      Clock clock) {
    this.hosts = hosts;
    this.newest = newest;
    this.lasting = lasting;
    this.telemetry = telemetry;
    this.format = format;
    this.clock = clock;
  }

  @Override
  public List<Anomaly> look(Fleet fleet) {
    var shown =
        hosts.findAllByOrderByName().stream()
            .filter(host -> fleet.shell().shows(host.poolId()))
            .toList();
    var found = new ArrayList<Anomaly>();
    shown.forEach(host -> state(host, found));
    samples(fleet, shown, found);
    var minutes = lasting.hosts();
    fleet.hosts().forEach(host -> load(host, minutes.get(host.id()), found));
    return found;
  }

  private static void state(Host host, List<Anomaly> found) {
    switch (host.state()) {
      case DOWN ->
          found.add(of(host, Kind.UNREACHABLE, said("does not answer", host), host.stateSince()));
      case UNSUPPORTED ->
          found.add(of(host, Kind.UNSUPPORTED, said("cannot be used", host), host.stateSince()));
      case NEW, UP -> {}
    }
  }

  private static String said(String what, Host host) {
    return host.stateDetail().isEmpty() ? what + "." : what + ": " + host.stateDetail();
  }

  private void samples(Fleet fleet, List<Host> shown, List<Anomaly> found) {
    var late = clock.instant().minus(telemetry.staleAfter());
    var samples = newest.samples();
    var answering =
        shown.stream()
            .filter(host -> host.state() == Host.State.UP && host.stateSince().isBefore(late))
            .collect(groupingBy(Host::poolId, LinkedHashMap::new, toList()));
    answering.forEach(
        (pool, members) -> {
          var stale = members.stream().filter(host -> stale(samples.get(host.id()), late)).toList();
          if (stale.size() == members.size() && members.size() > 1) {
            found.add(silent(fleet, pool, stale, samples));
          } else {
            stale.forEach(host -> found.add(stale(host, samples.get(host.id()))));
          }
        });
  }

  private static boolean stale(@Nullable Instant sample, Instant late) {
    return sample == null || sample.isBefore(late);
  }

  private Anomaly stale(Host host, @Nullable Instant sample) {
    return of(
        host,
        Kind.STALE,
        "answers, but its newest sample is %s; one is due every %s."
            .formatted(old(sample), format.period(telemetry.period())),
        sample);
  }

  /** Where no host of a pool sends samples, it is the collecting that is late, not a host. */
  private Anomaly silent(
      Fleet fleet, PoolId pool, List<Host> members, Map<HostId, Instant> samples) {
    Set<HostId> ids = members.stream().map(Host::id).collect(toSet());
    var newest =
        samples.entrySet().stream()
            .filter(each -> ids.contains(each.getKey()))
            .map(Map.Entry::getValue)
            .max(Instant::compareTo)
            .orElse(null);
    var name =
        fleet.shell().pools().stream()
            .filter(each -> each.id().equals(pool))
            .map(PoolChoice::name)
            .findFirst()
            .orElse("a pool");
    return new Anomaly(
        Kind.NO_SAMPLES,
        name,
        "Collecting is late: all %d hosts of %s answer, but the newest sample is %s; one is due every %s."
            .formatted(members.size(), name, old(newest), format.period(telemetry.period())),
        newest,
        "/about");
  }

  private String old(@Nullable Instant sample) {
    return sample == null ? "still to come" : format.age(sample) + " old";
  }

  private void load(HostLine host, LastingLoad.@Nullable Minutes minutes, List<Anomaly> found) {
    if (minutes == null || !minutes.whole()) {
      return;
    }
    var said = new ArrayList<String>();
    if (minutes.cpuLeast() > host.cpuThreshold()) {
      said.add(
          "%s of its CPU on average, threshold %s"
              .formatted(format.percent(minutes.cpuMean()), format.percent(host.cpuThreshold())));
    }
    if (minutes.memoryLeast() > host.memoryThreshold()) {
      said.add(
          "%s of its memory on average, threshold %s"
              .formatted(
                  format.percent(minutes.memoryMean()), format.percent(host.memoryThreshold())));
    }
    if (!said.isEmpty()) {
      found.add(
          new Anomaly(
              Kind.OVERLOADED,
              host.name(),
              "%s has used more than its threshold in each of the last %d min: %s."
                  .formatted(host.name(), minutes.minutes(), String.join("; ", said)),
              null,
              "/hosts/" + host.id()));
    }
  }

  private static Anomaly of(Host host, Kind kind, String what, @Nullable Instant since) {
    return new Anomaly(kind, host.name(), host.name() + " " + what, since, "/hosts/" + host.id());
  }
}
