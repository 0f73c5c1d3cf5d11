package org.dcbalance.pages;

import static java.util.Comparator.comparing;
import static java.util.Comparator.nullsLast;
import static java.util.Comparator.reverseOrder;
import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.joining;
import static java.util.stream.Collectors.toList;

import java.util.List;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.dcbalance.console.Format;
import org.springframework.stereotype.Component;

/** Gather what is wrong now, the worst first; many of a kind become one line. */
@Component
class Anomalies {
  private static final int MOST_OF_A_KIND = 3;

  private final List<AnomalySource> sources;
  private final Format format;

  Anomalies(List<AnomalySource> sources, Format format) {
    this.sources = sources;
    this.format = format;
  }

  /**
   * What is wrong.
   *
   * @param calm what was looked at, for when nothing is
   */
  record Found(List<Anomaly> lines, String calm) {}

  Found of(AnomalySource.Fleet fleet) {
    var kinds =
        sources.stream()
            .flatMap(source -> source.look(fleet).stream())
            .collect(groupingBy(Anomaly::kind, TreeMap::new, toList()));
    var lines =
        kinds.entrySet().stream().flatMap(each -> lines(each.getKey(), each.getValue())).toList();
    return new Found(lines, calm(fleet));
  }

  private static Stream<Anomaly> lines(Anomaly.Kind kind, List<Anomaly> found) {
    var newestFirst =
        found.stream()
            .sorted(
                comparing(Anomaly::since, nullsLast(reverseOrder()))
                    .thenComparing(Anomaly::subject))
            .toList();
    if (found.size() <= MOST_OF_A_KIND) {
      return newestFirst.stream();
    }
    var named =
        newestFirst.stream().limit(MOST_OF_A_KIND).map(Anomaly::subject).collect(joining(", "));
    return Stream.of(
        new Anomaly(
            kind,
            named,
            "%d %s: %s and %d more."
                .formatted(found.size(), kind.many(), named, found.size() - MOST_OF_A_KIND),
            newestFirst.getFirst().since(),
            newestFirst.getFirst().href() == null ? null : kind.all()));
  }

  private String calm(AnomalySource.Fleet fleet) {
    var hosts = fleet.hosts();
    long answering = hosts.stream().filter(Anomalies::answers).count();
    long vms = hosts.stream().mapToLong(HostLine::vms).sum();
    var newest = fleet.shell().newestSample();
    return "%d of %s %s, with %s; no move is lost, and %s."
        .formatted(
            answering,
            format.plural(hosts.size(), "host", "hosts"),
            answering == 1 ? "answers" : "answer",
            format.plural(vms, "VM", "VMs"),
            newest == null
                ? "no sample has come yet"
                : "the newest sample came " + format.age(newest) + " ago");
  }

  private static boolean answers(HostLine host) {
    return switch (host.state()) {
      case "CONNECTED", "MAINTENANCE" -> true;
      default -> false;
    };
  }
}
