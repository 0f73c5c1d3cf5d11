package org.dcbalance.story;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.util.HashMap;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Copies of a guest that run beside it: what they say, and what of them leaves their host. */
record Copies(Captures captures) {
  Api.Answer ask(long checkpoint, int host, String name, @Nullable String network) {
    var wish = new HashMap<String, @Nullable Object>();
    wish.put("name", name);
    wish.put("hostId", captures.fleet().host(host).get("id").asLong());
    wish.put("network", network);
    return captures
        .fleet()
        .api()
        .ask("POST", "/api/v1/checkpoints/" + checkpoint + "/copies", wish);
  }

  /** Make a network on the first host. */
  void network(String name, String more) throws IOException {
    var file = Files.createTempFile("network", ".xml");
    Files.writeString(file, "<network><name>%s</name>%s</network>".formatted(name, more));
    host("virsh", 1, "net-create", file.toString());
    Files.delete(file);
  }

  /** Count what leaves a host with the guest's address as its sender, until told otherwise. */
  String framesFrom(int host) {
    host("sh", host, "rm", "-f", "/run/enough");
    var count =
        """
        import os, socket
        s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        s.bind(("vm0", 0))
        s.settimeout(0.2)
        frames = 0
        while not os.path.exists("/run/enough"):
            try:
                frame, where = s.recvfrom(2048)
            except socket.timeout:
                continue
            frames += where[2] == 4 and frame[6:12] == bytes.fromhex("525400dcb001")
        print(frames)
        """;
    return host("sh", host, "python3", "-c", count).strip();
  }

  /** Ask a copy by its serial port, since nothing else leads to it, and have it send something. */
  String said(int host, String name) {
    var port = host("virsh", host, "ttyconsole", name).strip();
    var ask =
        "exec 3<>%1$s; stty -F %1$s raw -echo; printf '\n%2$s\n' >&3; timeout 90 sed '/^end 42/q' <&3"
            .formatted(
                port,
                "echo; wget -qO- http://127.0.0.1/cgi-bin/stat; echo carrier"
                    + " $(cat /sys/class/net/eth0/carrier); echo disk"
                    + " $(wget -qO- http://127.0.0.1/cgi-bin/disk);"
                    + " ping -c 1 -W 1 10.77.0.1; echo end $((6 * 7))");
    return host("sh", host, "sh", "-c", ask).replace("\r", "");
  }

  static long seconds(String said) {
    return Math.round(Double.parseDouble(number(said, "uptime ([0-9.]+)")));
  }

  static long written(String said) {
    return Long.parseLong(number(said, "written ([0-9]+) pages"));
  }

  private static String number(String said, String pattern) {
    var found = Pattern.compile("(?m)^" + pattern).matcher(said);
    assertThat(found.find()).as(said).isTrue();
    return found.group(1);
  }

  /** Take a copy away, with the disk that was made for it. */
  void remove(String name, List<String> before) {
    captures.fleet().lab().stop(name);
    for (var left : captures.stored()) {
      if (!before.contains(left)) {
        assertThat(left).as("its memory is not kept").matches(".*[.]r[0-9]+[.]vda");
        host("sh", 1, "rm", "/var/lib/libvirt/checkpoints/" + left);
      }
    }
  }

  private String host(String verb, int host, String... more) {
    return captures.fleet().lab().host(verb, host, more);
  }
}
