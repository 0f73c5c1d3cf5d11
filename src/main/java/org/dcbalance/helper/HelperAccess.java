package org.dcbalance.helper;

import java.util.regex.Pattern;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.Problem;

/**
 * Say how a host's helper is reached. All of it becomes words of a command, so what could be taken
 * for anything else is refused.
 *
 * @param address of its SSH server
 * @param user whose only key calls the helper
 * @param keyFile the private key, a file of the console's machine
 * @param hostKey the server's public key: type and key, as in a known_hosts file
 */
public record HelperAccess(String address, int port, String user, String keyFile, String hostKey) {
  private static final Pattern ADDRESS =
      Pattern.compile("[A-Za-z0-9][A-Za-z0-9.-]{0,252}|[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:.]{1,45}");
  private static final Pattern USER = Pattern.compile("[A-Za-z_][A-Za-z0-9_.-]{0,31}");
  private static final Pattern FILE = Pattern.compile("/[A-Za-z0-9/._+@-]{1,1023}");
  private static final Pattern KEY =
      Pattern.compile(
          "(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)) [A-Za-z0-9+/]{40,4000}={0,2}");

  /**
   * Check all of it.
   *
   * @throws Problem BAD_REQUEST with the sentence that says what is wrong
   */
  public HelperAccess {
    address = address.strip();
    user = user.strip();
    keyFile = keyFile.strip();
    hostKey = withoutComment(hostKey.strip());
    require(ADDRESS, address, "an address", "Maybe enter the host's name, such as kvm-01.");
    require(USER, user, "a user", "Maybe enter root.");
    require(
        FILE,
        keyFile,
        "the absolute path of a key",
        "Maybe enter the path of a private key on the console's machine.");
    require(
        KEY,
        hostKey,
        "the public key of an SSH server",
        "Maybe take it from the host itself: cat /etc/ssh/ssh_host_ed25519_key.pub");
    if (port < 1 || port > 65_535) {
      throw new Problem(ErrorCode.BAD_REQUEST, port + " is not a valid port.", "Maybe enter 22.");
    }
  }

  private static String withoutComment(String key) {
    var words = key.split("\\s+", 3);
    return words.length < 2 ? key : words[0] + " " + words[1];
  }

  private static void require(Pattern pattern, String value, String what, String advice) {
    if (!pattern.matcher(value).matches()) {
      throw new Problem(ErrorCode.BAD_REQUEST, "\"%s\" is not %s.".formatted(value, what), advice);
    }
  }
}
