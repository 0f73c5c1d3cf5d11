package org.dcbalance.offline;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.StringTokenizer;
import org.dcbalance.offline.HtoolsCluster.Instance;
import org.dcbalance.offline.HtoolsCluster.Load;
import org.dcbalance.offline.HtoolsCluster.Node;

/**
 * Read and write the text format of Ganeti's htools (see htools(1), "Text"): sections separated by
 * an empty line, for groups, nodes, instances, cluster tags and instance policies. Optional fields
 * at the end of a line may be missing.
 */
final class HtoolsText {
  private static final int GROUPS = 0;
  private static final int NODES = 1;
  private static final int INSTANCES = 2;
  private static final int TAGS = 3;
  private static final int POLICIES = 4;
  private static final int NODE_FREE_MEMORY = 3;
  private static final int INSTANCE_PRIMARY = 6;
  private static final String EXCLUSION = "htools:iextags:";
  private static final Set<String> STATUSES =
      Set.of(
          "running",
          "ADMIN_down",
          "ADMIN_offline",
          "ERROR_down",
          "ERROR_nodedown",
          "ERROR_nodeoffline",
          "ERROR_up",
          "ERROR_wrongnode",
          "USER_down");
  private static final Set<String> TEMPLATES =
      Set.of(
          "diskless", "file", "sharedfile", "plain", "blockdev", "drbd", "rbd", "ext", "gluster");

  private final String file;
  private final Map<String, Load> loads;
  private final Set<String> evacuated;
  private final Map<String, Integer> nodeIndexes = new HashMap<>();
  private final List<Node> nodes = new ArrayList<>();
  private final List<Instance> instances = new ArrayList<>();
  private final List<String> exclusions = new ArrayList<>();
  private String group = "";
  private double vcpuRatio = 4;
  private double spindleRatio = 32;

  private HtoolsText(String file, Map<String, Load> loads, Set<String> evacuated) {
    this.file = file;
    this.loads = loads;
    this.evacuated = evacuated;
  }

  /**
   * Read a cluster.
   *
   * @param loads what is known of the instances' load, by name
   * @param evacuated names of nodes that count as offline
   */
  static HtoolsCluster read(
      String file, List<String> lines, Map<String, Load> loads, Set<String> evacuated) {
    return new HtoolsText(file, loads, evacuated).read(lines);
  }

  private HtoolsCluster read(List<String> lines) {
    var sections = new ArrayList<List<SourceLine>>();
    sections.add(new ArrayList<>());
    for (int i = 0; i < lines.size(); i++) {
      var text = lines.get(i);
      if (text.isEmpty()) {
        sections.add(new ArrayList<>());
      } else {
        sections.getLast().add(new SourceLine(file, i + 1, text));
      }
    }
    // empty lines at the end separate nothing
    while (sections.size() > POLICIES + 1 && sections.getLast().isEmpty()) {
      sections.removeLast();
    }
    if (sections.size() <= INSTANCES || sections.size() > POLICIES + 1) {
      throw new SourceLine(file, lines.size(), "")
          .wrong(
              "sections",
              "there are " + sections.size() + " and not 3 to 5.",
              "Maybe an empty line is missing or too many: groups, nodes, instances, cluster tags"
                  + " and policies are separated by one each.");
    }
    if (sections.size() > TAGS) {
      for (var line : sections.get(TAGS)) {
        if (line.text().startsWith(EXCLUSION)) {
          exclusions.add(line.text().substring(EXCLUSION.length()));
        }
      }
    }
    var groups = new HashMap<String, String>();
    for (var line : sections.get(GROUPS)) {
      var fields = fields(line, 3);
      groups.put(fields[1], fields[0]);
    }
    for (var line : sections.get(NODES)) {
      node(line, groups.keySet());
    }
    var names = new HashSet<String>();
    for (var line : sections.get(INSTANCES)) {
      instance(line, names);
    }
    if (sections.size() > POLICIES) {
      sections.get(POLICIES).forEach(line -> policy(line, Set.copyOf(groups.values())));
    }
    for (var name : evacuated) {
      if (!nodeIndexes.containsKey(name)) {
        throw Arguments.unknownHost(name, file);
      }
    }
    return new HtoolsCluster(nodes, instances, vcpuRatio, spindleRatio);
  }

  private void node(SourceLine line, Set<String> groups) {
    var fields = fields(line, 9);
    var name = fields[0];
    if (name.isEmpty() || nodeIndexes.put(name, nodes.size()) != null) {
      throw line.wrong("name", "\"" + name + "\" is empty or was used before.");
    }
    if (!groups.contains(fields[8])) {
      throw line.wrong("group_uuid", "there is no group \"" + fields[8] + "\".");
    }
    if (groups.size() > 1 && !nodes.isEmpty() && !fields[8].equals(group)) {
      throw line.wrong(
          "group_uuid",
          "the nodes are in several groups.",
          "Maybe give each group a file of its own: instances do not move between groups.");
    }
    group = fields[8];
    boolean unknown = fields[7].equals("Y") || Arrays.asList(fields).subList(1, 7).contains("?");
    if (unknown) {
      nodes.add(new Node(name, 0, 0, 0, 0, 0, 0, true, 0, 0, 1, line));
      return;
    }
    if (fields.length > 11 && fields[11].equals("Y")) {
      throw line.wrong("exclusive_storage", "nodes with exclusive storage are not supported.");
    }
    long total = line.whole("total_mem", fields[1], 1);
    nodes.add(
        new Node(
            name,
            total,
            line.whole("node_mem", fields[2], 0),
            line.whole("free_mem", fields[3], 0),
            line.whole("total_disk", fields[4], 0),
            line.whole("free_disk", fields[5], 0),
            line.whole("cpus", fields[6], 1),
            evacuated.contains(name),
            fields.length > 9 ? line.whole("spindles", fields[9], 0) : 1,
            fields.length > 13 ? line.whole("node_cpus", fields[13], 0) : 1,
            fields.length > 14 ? line.number("cpu_speed", fields[14]) : 1,
            line));
  }

  private void instance(SourceLine line, Set<String> names) {
    var fields = fields(line, 10);
    var name = fields[0];
    if (name.isEmpty() || !names.add(name)) {
      throw line.wrong("name", "\"" + name + "\" is empty or was used before.");
    }
    if (!STATUSES.contains(fields[4])) {
      throw line.wrong("status", "\"" + fields[4] + "\" is not a status.");
    }
    if (!fields[5].equals("Y") && !fields[5].equals("N")) {
      throw line.wrong("auto_balance", "\"" + fields[5] + "\" is neither Y nor N.");
    }
    if (!TEMPLATES.contains(fields[8])) {
      throw line.wrong("template", "\"" + fields[8] + "\" is not a disk template.");
    }
    if (fields.length > 12 && fields[12].equals("Y")) {
      throw line.wrong("forthcoming", "instances that do not exist yet are not supported.");
    }
    instances.add(
        new Instance(
            name,
            line.whole("mem", fields[1], 0),
            line.whole("disk", fields[2], 0),
            line.whole("vcpus", fields[3], 0),
            fields[4],
            fields[5].equals("Y"),
            index(line, "pnode", fields[6]),
            fields[7].isEmpty() ? -1 : index(line, "snode", fields[7]),
            fields[8],
            exclusionTags(fields[9]),
            fields.length > 10 ? line.whole("spindle_use", fields[10], 0) : 1,
            loads.getOrDefault(name, Load.UNKNOWN),
            line));
  }

  private List<String> exclusionTags(String tags) {
    if (tags.isEmpty() || exclusions.isEmpty()) {
      return List.of();
    }
    return Arrays.stream(tags.split(","))
        .filter(tag -> exclusions.stream().anyMatch(tag::startsWith))
        .toList();
  }

  private int index(SourceLine line, String field, String node) {
    var index = nodeIndexes.get(node);
    if (index == null) {
      throw line.wrong(field, "there is no node \"" + node + "\".");
    }
    return index;
  }

  /** Read the limits of a policy: the cluster's, which has no owner, or the group's. */
  private void policy(SourceLine line, Set<String> groups) {
    var fields = fields(line, 7);
    if (fields[0].isEmpty() || groups.contains(fields[0])) {
      vcpuRatio = line.number("vcpu_ratio", fields[5]);
      spindleRatio = line.number("spindle_ratio", fields[6]);
    }
  }

  private static String[] fields(SourceLine line, int least) {
    var fields = line.text().split("\\|", -1);
    if (fields.length < least) {
      throw line.wrong("fields", "there are " + fields.length + " and not " + least + " at least.");
    }
    return fields;
  }

  /** Read what is known of the instances' load: name, CPU, memory, disk and network per line. */
  static Map<String, Load> loads(String file, List<String> lines) {
    var loads = new LinkedHashMap<String, Load>();
    for (int i = 0; i < lines.size(); i++) {
      if (lines.get(i).isBlank()) {
        continue;
      }
      var line = new SourceLine(file, i + 1, lines.get(i));
      var tokens = new StringTokenizer(line.text());
      if (tokens.countTokens() != 5) {
        throw line.wrong("fields", "there are " + tokens.countTokens() + " and not 5.");
      }
      var words = new String[5];
      for (int w = 0; w < words.length; w++) {
        words[w] = tokens.nextToken();
      }
      loads.put(
          words[0],
          new Load(
              line.number("cpu", words[1]),
              line.number("mem", words[2]),
              line.number("disk", words[3]),
              line.number("net", words[4])));
    }
    return loads;
  }

  /**
   * Write the text again with another placement: nothing changes but the primary nodes, and the
   * free memory of nodes by the instances that use memory.
   */
  static List<String> after(List<String> lines, HtoolsCluster cluster, int[] placement) {
    var out = new ArrayList<>(lines);
    var free = cluster.nodes().stream().mapToLong(Node::free).toArray();
    for (int i = 0; i < placement.length; i++) {
      var instance = cluster.instances().get(i);
      if (placement[i] != instance.primary()) {
        long memory = instance.usesMemory() ? instance.memory() : 0;
        free[instance.primary()] += memory;
        free[placement[i]] -= memory;
        var node = cluster.nodes().get(placement[i]).name();
        replace(out, instance.line(), INSTANCE_PRIMARY, node);
      }
    }
    for (int n = 0; n < free.length; n++) {
      var node = cluster.nodes().get(n);
      if (free[n] != node.free() && !node.offline()) {
        replace(out, node.line(), NODE_FREE_MEMORY, Long.toString(free[n]));
      }
    }
    return out;
  }

  private static void replace(List<String> lines, SourceLine line, int field, String value) {
    var fields = line.text().split("\\|", -1);
    fields[field] = value;
    lines.set(line.number() - 1, String.join("|", fields));
  }
}
