package org.dcbalance.inventory;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.Socket;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Find out whether anything answers at the address of a host whose libvirt does not. Everybody is
 * told, so the words hold neither addresses nor ports, which only administrators see.
 */
final class AddressProbe {
  private static final Duration PATIENCE = Duration.ofSeconds(1);
  private static final Map<Integer, String> USUAL =
      Map.of(22, "SSH", 16_509, "libvirt", 16_514, "libvirt by TLS");

  private AddressProbe() {}

  /**
   * What an attempt gave.
   *
   * @param silent whether everything was asked, and nothing answered
   * @param answered whether something did; if neither, not everything could be asked
   * @param words a sentence
   */
  record Heard(boolean silent, boolean answered, String words) {}

  /**
   * Ask the addresses in these URIs, by echo and by the ports that a host's libvirt is reached by.
   */
  static Heard ask(List<String> uris) {
    boolean asked = false;
    boolean unknown = false;
    for (var uri : uris) {
      var parsed = URI.create(uri);
      var address = parsed.getHost();
      if (address == null) {
        continue;
      }
      try {
        var found = InetAddress.getByName(address);
        var how = answers(found, parsed.getPort());
        if (how != null) {
          return new Heard(false, true, "Something answers at its address (%s).".formatted(how));
        }
        asked = true;
      } catch (UnknownHostException e) {
        // the other address may be asked still
        unknown = true;
      }
    }
    if (unknown) {
      return new Heard(false, false, "Its name leads to no address now.");
    }
    return asked
        ? new Heard(true, false, "Nothing answers at its address.")
        : new Heard(false, false, "It has no address that could be asked.");
  }

  private static @Nullable String answers(InetAddress address, int port) {
    var ports = new LinkedHashMap<>(USUAL);
    if (port > 0) {
      ports.putIfAbsent(port, "TCP");
    }
    for (var each : ports.entrySet()) {
      if (connects(address, each.getKey())) {
        return each.getValue();
      }
    }
    try {
      return address.isReachable(Math.toIntExact(PATIENCE.toMillis())) ? "echo" : null;
    } catch (IOException e) {
      return null;
    }
  }

  /** A refusal is an answer: something sent it. */
  private static boolean connects(InetAddress address, int port) {
    try (var socket = new Socket()) {
      socket.connect(new InetSocketAddress(address, port), Math.toIntExact(PATIENCE.toMillis()));
      return true;
    } catch (NoRouteToHostException e) {
      return false;
    } catch (ConnectException e) {
      return String.valueOf(e.getMessage()).contains("refused");
    } catch (IOException e) {
      return false;
    }
  }
}
