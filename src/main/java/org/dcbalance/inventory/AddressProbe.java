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
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Find out whether anything answers at the address of a host whose libvirt does not. */
final class AddressProbe {
  private static final Duration PATIENCE = Duration.ofSeconds(1);
  private static final int SSH = 22;
  private static final int LIBVIRT = 16_509;
  private static final int LIBVIRT_TLS = 16_514;

  private AddressProbe() {}

  /**
   * What an attempt gave.
   *
   * @param silent whether everything was asked, and nothing answered
   * @param words a sentence
   */
  record Heard(boolean silent, String words) {}

  /**
   * Ask the addresses in these URIs, by echo and by the ports that a host's libvirt is reached by.
   */
  static Heard ask(List<String> uris) {
    var asked = new LinkedHashSet<String>();
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
          return new Heard(false, "%s answers (%s).".formatted(address, how));
        }
        asked.add(address);
      } catch (UnknownHostException e) {
        return new Heard(false, "The name %s leads to no address now.".formatted(address));
      }
    }
    return asked.isEmpty()
        ? new Heard(false, "It has no address that could be asked.")
        : new Heard(true, "Nothing answers at %s.".formatted(String.join(" or ", asked)));
  }

  private static @Nullable String answers(InetAddress address, int port) {
    var ports = new LinkedHashSet<Integer>(Set.of(SSH, LIBVIRT, LIBVIRT_TLS));
    if (port > 0) {
      ports.add(port);
    }
    for (int each : ports) {
      if (connects(address, each)) {
        return "TCP port " + each;
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
