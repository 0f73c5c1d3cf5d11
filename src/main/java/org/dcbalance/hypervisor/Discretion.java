package org.dcbalance.hypervisor;

import java.util.regex.Pattern;

/**
 * Leave out of what libvirt, QEMU and ssh say how hosts are reached. Administrators alone see that,
 * and such words go far: to pages of all roles, into events, and by notifications out of the house.
 */
public final class Discretion {
  private static final String HEX = "[0-9a-f]{1,4}";

  private static final Pattern ADDRESS =
      Pattern.compile(
          String.join(
              "|",
              // a URI
              "[a-z][a-z0-9+.-]*://[^\\s'\"]*[^\\s'\",;:.)]",
              // a login
              "[\\w.-]+@[\\w.-]*\\w(:\\d+)?",
              // as ssh and libvirt name what they connect to
              "(?<=host )\\S+ port \\d+",
              "(?<=hostname )[^\\s:'\"]+",
              "(?<=address )'[^']*' service '[^']*'",
              "(?<=')[a-z0-9][a-z0-9.-]*:\\d{1,5}(?=')",
              // IPv4, and IPv6 either in brackets or in a form that no time and no MAC has
              "(?<![\\w.])\\d{1,3}(\\.\\d{1,3}){3}(:\\d+)?(?![\\w]|\\.\\d)",
              "\\[[0-9a-f]*:[0-9a-f:.]+\\](:\\d+)?",
              "(?<![\\w:])(%1$s:){7}%1$s(?![\\w:])".formatted(HEX),
              "(?<![\\w:])(%1$s(:%1$s)*)?::(%1$s(:[0-9a-f]{1,5})*)?(?![\\w:])".formatted(HEX)),
          Pattern.CASE_INSENSITIVE);

  private static final Pattern FILE = Pattern.compile("(?<![\\w/.)])/[\\w.@+~/-]*\\w");

  /** Where keys, certificates and sockets lie; a disk may be named to whoever sees the guest. */
  private static final Pattern KEY_FILE =
      Pattern.compile("(?<![\\w/.)])/(etc|root|run|var/run)/[\\w.@+~/-]*\\w");

  /** Nobody reads more, and looking through a text takes time by the square of its length. */
  private static final int LONGEST = 2_000;

  private Discretion() {}

  /** Leave out addresses, ports and logins, and files of keys; cut what a host says without end. */
  public static String addresses(String words) {
    var read = words.length() <= LONGEST ? words : words.substring(0, LONGEST) + "…";
    return KEY_FILE.matcher(ADDRESS.matcher(read).replaceAll("(address)")).replaceAll("(file)");
  }

  /** Leave out all files as well, of what was said before there was a connection. */
  public static String addressesAndFiles(String words) {
    return FILE.matcher(addresses(words)).replaceAll("(file)");
  }
}
