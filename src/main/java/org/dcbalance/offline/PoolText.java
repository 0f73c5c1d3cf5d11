package org.dcbalance.offline;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.dcbalance.strategy.HostLoad;
import org.dcbalance.strategy.Limits;
import org.dcbalance.strategy.Load;
import org.dcbalance.strategy.PastMove;
import org.dcbalance.strategy.Pool;
import org.dcbalance.strategy.Rule;
import org.dcbalance.strategy.VmLoad;
import org.dcbalance.units.ByteRate;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Memory;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;

/**
 * Read a pool from text, one host or VM a line, so that an operator's complaint becomes a test. The
 * format is described in docs/pool-text.md:
 *
 * <pre>
 * host kvm-01 cores=16 mem=64 [own=0.2] [ownmem=1] [closed="why"] [coverage=0.5]
 * vm web-01 on kvm-01 cpu=2 [high=3] mem=4 [alloc=4] [net=MiB/s] [disk=MiB/s]
 *    [dirty=MiB/s] [set=MiB] [tied="why"] [rests=minutes] [to=kvm-02] [refused=kvm-02,kvm-03
 *    [because="why"]] [failed=kvm-02]
 * rule db-apart apart vms=db-01,db-02 [soft]
 * rule licence on vms=db-01 hosts=kvm-01,kvm-02
 * </pre>
 *
 * <p>Memory is in GiB where nothing else is said, CPU in cores. Hosts and VMs are numbered in the
 * order of their names.
 */
public final class PoolText {
  /** The instant at which every pool of a text is looked at. */
  public static final Instant NOW = Instant.parse("2026-03-02T10:00:00Z");

  private static final Pattern WORD = Pattern.compile("(?:[^\\s\"]|\"[^\"]*\")+");
  private static final Set<String> OF_HOST =
      Set.of("cores", "mem", "own", "ownmem", "coverage", "closed");
  private static final Set<String> OF_RULE = Set.of("vms", "hosts");
  private static final Set<String> OF_VM =
      Set.of(
          "cpu", "high", "mem", "alloc", "net", "disk", "dirty", "set", "tied", "rests", "to",
          "refused", "because", "failed");

  private final Map<String, Words> hostLines = new TreeMap<>();
  private final Map<String, Words> vmLines = new TreeMap<>();
  private final Map<String, Words> ruleLines = new TreeMap<>();
  private final Map<String, HostId> ids = new HashMap<>();
  private final Map<String, VmId> vmIds = new HashMap<>();

  private PoolText() {}

  /** Hold the words of one line: what stands before the first equals sign, and the values. */
  private record Words(SourceLine line, List<String> bare, Map<String, String> values) {
    double number(String key, double otherwise) {
      var value = values.get(key);
      return value == null ? otherwise : line.number(key, value);
    }

    Memory gib(String key, double otherwise) {
      return Memory.ofMiB(Math.round(number(key, otherwise) * 1024));
    }
  }

  /**
   * Read a pool that has been looked at for as long as it takes to act on it.
   *
   * @param file what errors call the text
   * @throws org.dcbalance.units.Problem BAD_REQUEST naming file, line and field
   */
  public static Pool read(String file, List<String> lines) {
    return new PoolText().pool(file, lines);
  }

  private Pool pool(String file, List<String> lines) {
    for (int i = 0; i < lines.size(); i++) {
      var words = words(new SourceLine(file, i + 1, lines.get(i)));
      if (!words.bare().isEmpty()) {
        take(words);
      }
    }
    hostLines.keySet().forEach(name -> ids.put(name, new HostId(ids.size() + 1)));
    var hosts = new ArrayList<HostLoad>();
    hostLines.forEach((name, words) -> hosts.add(host(name, words)));
    var vms = new ArrayList<VmLoad>();
    vmLines.keySet().forEach(name -> vmIds.put(name, new VmId(vmIds.size() + 1)));
    vmLines.forEach((name, words) -> vms.add(vm(vmId(words, "name", name), name, words)));
    var rules = new ArrayList<Rule>();
    ruleLines.forEach((name, words) -> rules.add(rule(name, words)));
    return new Pool(file, NOW, hosts, vms, Limits.DEFAULTS.holdRounds(), List.of(), rules);
  }

  private static Words words(SourceLine line) {
    var bare = new ArrayList<String>();
    var values = new LinkedHashMap<String, String>();
    var text = line.text().strip();
    if (text.startsWith("#")) {
      return new Words(line, bare, values);
    }
    var matcher = WORD.matcher(text);
    while (matcher.find()) {
      var word = matcher.group();
      int equals = word.indexOf('=');
      if (equals <= 0) {
        bare.add(word);
      } else if (values.put(word.substring(0, equals), word.substring(equals + 1).replace("\"", ""))
          != null) {
        throw line.wrong(word.substring(0, equals), "is there twice.");
      }
    }
    return new Words(line, bare, values);
  }

  private void take(Words words) {
    var line = words.line();
    var bare = words.bare();
    var first = bare.getFirst();
    var lines =
        switch (first) {
          case "host" -> hostLines;
          case "vm" -> vmLines;
          case "rule" -> ruleLines;
          default ->
              throw line.wrong(
                  "first word", "\"" + first + "\" is none of \"host\", \"vm\" and \"rule\".");
        };
    if (first.equals("host")) {
      check(words, OF_HOST, bare.size() == 2, "a host is written \"host NAME\".");
    } else if (first.equals("vm")) {
      boolean right = bare.size() == 4 && bare.get(2).equals("on");
      check(words, OF_VM, right, "a VM is written \"vm NAME on HOST\".");
    } else {
      boolean right = bare.size() == 3 || (bare.size() == 4 && bare.get(3).equals("soft"));
      check(
          words,
          OF_RULE,
          right,
          "a rule is written \"rule NAME together|apart|on|off [soft] vms=...\".");
    }
    if (lines.put(bare.get(1), words) != null) {
      throw line.wrong("name", "there is another \"" + bare.get(1) + "\".");
    }
  }

  private static void check(Words words, Set<String> fields, boolean right, String how) {
    if (!right) {
      throw words.line().wrong("name", how);
    }
    for (var key : words.values().keySet()) {
      if (!fields.contains(key)) {
        throw words.line().wrong(key, "there is no such field.");
      }
    }
  }

  private Rule rule(String name, Words words) {
    var line = words.line();
    var kind =
        switch (words.bare().get(2)) {
          case "together" -> Rule.Kind.TOGETHER;
          case "apart" -> Rule.Kind.APART;
          case "on" -> Rule.Kind.ON;
          case "off" -> Rule.Kind.OFF;
          default ->
              throw line.wrong(
                  "kind",
                  "\"" + words.bare().get(2) + "\" is none of together, apart, on and off.");
        };
    var vms = new ArrayList<VmId>();
    for (var vm : list(words, "vms")) {
      vms.add(vmId(words, "vms", vm));
    }
    var hosts = new ArrayList<HostId>();
    for (var host : list(words, "hosts")) {
      hosts.add(id(words, "hosts", host));
    }
    boolean placed = kind == Rule.Kind.ON || kind == Rule.Kind.OFF;
    if (vms.stream().distinct().count() < (placed ? 1 : 2)) {
      throw line.wrong("vms", "the rule needs " + (placed ? "a VM." : "two VMs."));
    }
    if (placed == hosts.isEmpty()) {
      throw line.wrong(
          "hosts", placed ? "the rule needs a host." : "such a rule does not speak of hosts.");
    }
    return new Rule(name.replace("\"", ""), kind, words.bare().size() == 3, vms, hosts);
  }

  private static List<String> list(Words words, String field) {
    var value = words.values().get(field);
    return value == null ? List.of() : List.of(value.split(","));
  }

  private HostLoad host(String name, Words words) {
    var line = words.line();
    int cores =
        (int)
            Math.min(1_000_000, line.whole("cores", words.values().getOrDefault("cores", "16"), 1));
    var memory = words.gib("mem", 64);
    if (memory.bytes() == 0) {
      throw line.wrong("mem", "a host needs memory.");
    }
    double coverage = words.number("coverage", 1);
    if (coverage > 1) {
      throw line.wrong("coverage", "is a share of at most 1.");
    }
    return new HostLoad(
        id(words, "name", name),
        name,
        cores,
        memory,
        new Load(words.number("own", 0.2), words.gib("ownmem", 1), ByteRate.ZERO, ByteRate.ZERO),
        coverage,
        words.values().get("closed"));
  }

  private VmLoad vm(VmId id, String name, Words words) {
    var line = words.line();
    var values = words.values();
    double cpu = words.number("cpu", 1);
    var memory = words.gib("mem", 2);
    var host = id(words, "host", words.bare().get(3));
    var network = ByteRate.ofMiB(words.number("net", 0));
    var disk = ByteRate.ofMiB(words.number("disk", 0));
    double high = words.number("high", cpu);
    if (high < cpu) {
      throw line.wrong("high", "the peak is below the mean of " + cpu + ".");
    }
    var refused = new HashMap<HostId, String>();
    if (values.containsKey("refused")) {
      for (var other : values.get("refused").split(",")) {
        refused.put(
            id(words, "refused", other), values.getOrDefault("because", "it cannot run there"));
      }
    }
    var movingTo = values.containsKey("to") ? id(words, "to", values.get("to")) : null;
    return new VmLoad(
        id,
        name,
        host,
        new Load(cpu, memory, network, disk),
        new Load(high, memory, network, disk),
        words.gib("alloc", words.number("mem", 2)),
        values.containsKey("dirty") ? ByteRate.ofMiB(words.number("dirty", 0)) : null,
        values.containsKey("set") ? Memory.ofMiB(Math.round(words.number("set", 0))) : null,
        values.containsKey("tied") ? List.of(values.get("tied")) : List.of(),
        refused,
        values.containsKey("rests")
            ? NOW.plus(Duration.ofMinutes(Math.round(words.number("rests", 0))))
            : null,
        host.equals(movingTo) ? null : movingTo,
        past(id, host, failed(words)));
  }

  private @Nullable HostId failed(Words words) {
    var target = words.values().get("failed");
    return target == null ? null : id(words, "failed", target);
  }

  private static List<PastMove> past(VmId id, HostId host, @Nullable HostId failed) {
    return failed == null
        ? List.of()
        : List.of(
            new PastMove(
                id, host, failed, NOW.minus(Duration.ofHours(2)), false, null, null, null));
  }

  private VmId vmId(Words words, String field, String name) {
    var id = vmIds.get(name);
    if (id == null) {
      throw words.line().wrong(field, "there is no VM \"" + name + "\".");
    }
    return id;
  }

  private HostId id(Words words, String field, String name) {
    var id = ids.get(name);
    if (id == null) {
      throw words.line().wrong(field, "there is no host \"" + name + "\".");
    }
    return id;
  }

  /**
   * Write the text again with VMs on other hosts; nothing else changes.
   *
   * @param hosts names of the hosts that VMs moved to, by name of the VM
   */
  static List<String> after(List<String> lines, Map<String, String> hosts) {
    var out = new ArrayList<String>();
    for (var line : lines) {
      var bare = words(new SourceLine("", 0, line)).bare();
      var target = bare.size() == 4 && bare.getFirst().equals("vm") ? hosts.get(bare.get(1)) : null;
      out.add(target == null ? line : replaceFourthBare(line, target));
    }
    return out;
  }

  private static String replaceFourthBare(String line, String host) {
    var matcher = WORD.matcher(line);
    int bare = 0;
    while (matcher.find()) {
      if (matcher.group().indexOf('=') <= 0 && ++bare == 4) {
        return line.substring(0, matcher.start()) + host + line.substring(matcher.end());
      }
    }
    return line;
  }
}
