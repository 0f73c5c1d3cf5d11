package org.dcbalance.hypervisor.libvirt;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Say how hosts are reached.
 *
 * @param allowedPaths folders below which the sockets, keys and certificates of a host's URI may
 *     lie; none are allowed without it
 * @param allowedNetworks networks, as "10.1.0.0/16" or "fd12::/16", that all hosts must lie in;
 *     without any they may lie anywhere but at special addresses, such as those of this machine
 * @param callDeadline how long a call may take, a running migration excepted
 * @param connectDeadline how long making a connection may take
 * @param keepaliveInterval how long a connection may be silent before it is asked for a sign of
 *     life
 * @param keepaliveCount how many unanswered questions end a connection
 * @param reconnectFirst the pause after the first failed attempt to connect; doubled after each
 *     further one
 * @param reconnectMost the longest such pause
 */
@ConfigurationProperties("dcbalance.libvirt")
record LibvirtSettings(
    @DefaultValue List<Path> allowedPaths,
    @DefaultValue List<String> allowedNetworks,
    @DefaultValue("10s") Duration callDeadline,
    @DefaultValue("8s") Duration connectDeadline,
    @DefaultValue("5s") Duration keepaliveInterval,
    @DefaultValue("3") int keepaliveCount,
    @DefaultValue("1s") Duration reconnectFirst,
    @DefaultValue("30s") Duration reconnectMost) {

  LibvirtSettings {
    allowedPaths = List.copyOf(allowedPaths);
    allowedNetworks = List.copyOf(allowedNetworks);
    for (var path : allowedPaths) {
      require(path.isAbsolute(), "allowed-paths", "a list of absolute folders", path);
    }
    positive(callDeadline, "call-deadline");
    positive(connectDeadline, "connect-deadline");
    positive(reconnectFirst, "reconnect-first");
    require(
        keepaliveInterval.toSeconds() >= 1, "keepalive-interval", "at least 1s", keepaliveInterval);
    require(keepaliveCount >= 1, "keepalive-count", "at least 1", keepaliveCount);
    require(
        reconnectMost.compareTo(reconnectFirst) >= 0,
        "reconnect-most",
        "at least as long as reconnect-first",
        reconnectMost);
  }

  private static void positive(Duration value, String name) {
    require(value.isPositive(), name, "longer than nothing", value);
  }

  private static void require(boolean holds, String name, String what, Object value) {
    if (!holds) {
      throw new IllegalArgumentException(
          "dcbalance.libvirt.%s must be %s, but is %s.".formatted(name, what, value));
    }
  }
}
