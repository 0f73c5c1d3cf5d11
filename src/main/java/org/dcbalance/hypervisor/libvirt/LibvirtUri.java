package org.dcbalance.hypervisor.libvirt;

import java.net.URI;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.Problem;
import org.jspecify.annotations.Nullable;

/**
 * Hold a connection URI of libvirt that passed our rules.
 *
 * <p>A libvirt URI can run commands on the machine that opens it ({@code +ext}, {@code command},
 * {@code netcat}) and switch off its checks ({@code no_verify}), so all that is not known to be
 * harmless is refused. See <a href="https://libvirt.org/uri.html">libvirt.org/uri.html</a>.
 *
 * @param driver "qemu" or "xen"
 * @param host null for a local socket
 * @param port -1 for the transport's own
 * @param parameters decoded, by name
 */
record LibvirtUri(
    String driver,
    Transport transport,
    @Nullable String user,
    @Nullable String host,
    int port,
    Map<String, Path> parameters) {

  private static final String EXAMPLE =
      "Maybe enter one such as qemu+tls://host/system, qemu+ssh://user@host/system or"
          + " xen+tls://host/system.";
  private static final Pattern HOST =
      Pattern.compile("[A-Za-z0-9]([A-Za-z0-9.-]{0,252})|\\[[0-9A-Fa-f:.]{2,45}]");
  private static final Pattern USER = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.-]{0,31}");
  private static final Pattern FILE = Pattern.compile("/[A-Za-z0-9/._+@-]{1,1023}");

  /** The ways to a host that we know, each with the only parameter that it may take. */
  enum Transport {
    UNIX("socket"),
    TCP(""),
    TLS("pkipath"),
    SSH("keyfile");

    private final String parameter;

    Transport(String parameter) {
      this.parameter = parameter;
    }
  }

  LibvirtUri {
    parameters = Map.copyOf(parameters);
  }

  /**
   * Read and judge a URI, without looking at the file system.
   *
   * @throws Problem with the sentence that says what is wrong with it
   */
  static LibvirtUri parse(URI uri) {
    var scheme = uri.getScheme() == null ? "" : uri.getScheme();
    var plus = scheme.indexOf('+');
    var driver = plus < 0 ? scheme : scheme.substring(0, plus);
    if (!driver.equals("qemu") && !driver.equals("xen")) {
      throw refused("DCbalance balances QEMU and Xen hosts, not '%s'.".formatted(driver), EXAMPLE);
    }
    if (uri.isOpaque() || uri.getRawFragment() != null || !"/system".equals(uri.getRawPath())) {
      throw new Problem(
          ErrorCode.BAD_REQUEST,
          "The URI %s must end in /system, the connection to a host's system daemon."
              .formatted(uri),
          EXAMPLE);
    }
    var host = host(uri);
    var transport = transport(plus < 0 ? null : scheme.substring(plus + 1), host);
    if (transport == Transport.UNIX && (host != null || uri.getRawAuthority() != null)) {
      throw refused(
          "A unix socket is on this machine, so the URI %s must not name a host.".formatted(uri),
          "Maybe enter qemu+unix:///system?socket=/path/of/the/socket.");
    }
    if (transport != Transport.UNIX && host == null) {
      throw new Problem(ErrorCode.BAD_REQUEST, "The URI %s names no host.".formatted(uri), EXAMPLE);
    }
    return new LibvirtUri(
        driver, transport, user(uri, transport), host, port(uri), parameters(uri, transport));
  }

  /**
   * Read and judge the URI by which other hosts reach a host. It is opened by the daemon of another
   * host, so it carries no parameters: paths would be those of that host.
   *
   * @throws Problem with the sentence that says what is wrong with it
   */
  static LibvirtUri parsePeer(URI uri) {
    var peer = parse(uri);
    if (peer.transport == Transport.UNIX) {
      throw refused(
          "Other hosts cannot reach the unix socket %s.".formatted(uri),
          "Maybe enter a peer URI such as %s+tls://host/system.".formatted(peer.driver));
    }
    if (uri.getRawQuery() != null) {
      throw refused(
          "The peer URI %s has parameters, which are not allowed there.".formatted(uri),
          "Maybe leave out everything from the question mark on.");
    }
    return peer;
  }

  /** Give the string for libvirt, with file names resolved below the allowed folders. */
  String connectString(AllowedPaths allowed) {
    var query =
        new TreeMap<>(parameters)
            .entrySet().stream()
                .map(e -> e.getKey() + "=" + allowed.resolve(e.getKey(), e.getValue()))
                .collect(Collectors.joining("&"));
    if (transport == Transport.SSH) {
      // without it ssh may wait for a password on the terminal that the console was started from
      query = query.isEmpty() ? "no_tty=1" : query + "&no_tty=1";
    }
    return "%s+%s://%s%s%s/system%s"
        .formatted(
            driver,
            transport.name().toLowerCase(Locale.ROOT),
            user == null ? "" : user + "@",
            host == null ? "" : host,
            port < 0 ? "" : ":" + port,
            query.isEmpty() ? "" : "?" + query);
  }

  /** Name the host in sentences: its name in the URI, otherwise the socket. */
  String label() {
    var socket = parameters.get("socket");
    return host != null ? host : socket != null ? socket.toString() : "this machine";
  }

  private static Transport transport(@Nullable String name, @Nullable String host) {
    if (name == null) {
      return host == null ? Transport.UNIX : Transport.TLS;
    }
    return switch (name) {
      case "unix" -> Transport.UNIX;
      case "tcp" -> Transport.TCP;
      case "tls" -> Transport.TLS;
      case "ssh" -> Transport.SSH;
      case "ext" ->
          throw refused(
              "The transport 'ext' runs a command on the console's machine and is not allowed.",
              "Maybe use tls or ssh.");
      default ->
          throw refused(
              "The transport '%s' is not allowed; tcp, tls, ssh and unix are.".formatted(name),
              EXAMPLE);
    };
  }

  private static @Nullable String host(URI uri) {
    var host = uri.getHost();
    if (host == null && uri.getRawAuthority() != null) {
      throw new Problem(
          ErrorCode.BAD_REQUEST,
          "The URI %s names no valid host.".formatted(uri),
          "Maybe the host's name has a character that names cannot have.");
    }
    if (host != null && !HOST.matcher(host).matches()) {
      throw new Problem(
          ErrorCode.BAD_REQUEST, "'%s' is not a valid name of a host.".formatted(host), EXAMPLE);
    }
    return host;
  }

  private static int port(URI uri) {
    if (uri.getPort() == 0 || uri.getPort() > 65535) {
      throw new Problem(
          ErrorCode.BAD_REQUEST, "%d is not a valid port.".formatted(uri.getPort()), null);
    }
    return uri.getPort();
  }

  private static @Nullable String user(URI uri, Transport transport) {
    var user = uri.getRawUserInfo();
    if (user == null) {
      return null;
    }
    if (transport != Transport.SSH) {
      throw refused(
          "A user is only allowed with ssh.", "Maybe leave out what is before the @ sign.");
    }
    if (!USER.matcher(user).matches()) {
      throw refused(
          "'%s' is not allowed as a user: letters, digits, '_', '.' and '-' are."
              .formatted(user.replaceFirst(":.*", ":…")),
          "Maybe use a key instead of a password, by the parameter keyfile.");
    }
    return user;
  }

  private static Map<String, Path> parameters(URI uri, Transport transport) {
    var found = new TreeMap<String, Path>();
    var query = uri.getRawQuery();
    if (query == null) {
      return found;
    }
    for (var part : query.split("&", -1)) {
      var equals = part.indexOf('=');
      var name = equals < 0 ? part : part.substring(0, equals);
      if (name.isEmpty() || !name.equals(transport.parameter)) {
        throw refused(
            "The parameter '%s' is not allowed in a URI with %s."
                .formatted(name, transport.name().toLowerCase(Locale.ROOT)),
            transport.parameter.isEmpty()
                ? "Maybe leave it out; this transport takes none."
                : "Maybe leave it out; only '%s' is allowed here.".formatted(transport.parameter));
      }
      var file = decodeOnce(name, equals < 0 ? "" : part.substring(equals + 1));
      if (found.put(name, Path.of(file)) != null) {
        throw refused("The parameter '%s' is given twice.".formatted(name), "Maybe give one.");
      }
    }
    return found;
  }

  private static String decodeOnce(String name, String raw) {
    var file = new StringBuilder();
    for (int i = 0; i < raw.length(); i++) {
      var c = raw.charAt(i);
      if (c == '%') {
        // java.net.URI has made sure that two hexadecimal digits follow
        c = (char) Integer.parseInt(raw.substring(i + 1, i + 3), 16);
        i += 2;
      }
      file.append(c);
    }
    var decoded = file.toString();
    if (!FILE.matcher(decoded).matches()
        || (decoded + "/").contains("/../")
        || (decoded + "/").contains("/./")) {
      throw refused(
          "The parameter '%s' must be an absolute path of letters, digits and . _ + @ -."
              .formatted(name),
          "Maybe it has a space, a quote, '..' or an encoded character.");
    }
    return decoded;
  }

  private static Problem refused(String sentence, String advice) {
    return new Problem(ErrorCode.REFUSED, sentence, advice);
  }
}
