package org.dcbalance.offline;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DecideCommandTest {
  private static final String POOL =
      """
      # three hosts, one of them hot
      host kvm-01 cores=16 mem=64
      host kvm-02 cores=16 mem=64
      host kvm-03 cores=16 mem=64

      vm web-01 on kvm-01 cpu=5   mem=4
      vm web-02 on kvm-01 cpu=5   mem=4
      vm db-01  on kvm-01 cpu=5   mem=8 tied="It has a local disk"
      vm app-01 on kvm-02 cpu=2   mem=4
      """;

  private static final String CLUSTER =
      """
      default|u1|preferred||

      n1|16384|512|3584|0|0|16|N|u1
      n2|16384|512|14848|0|0|16|N|u1
      n3|16384|512|15872|0|0|16|N|u1

      i1|4096|0|4|running|Y|n1||ext|
      i2|4096|0|4|running|Y|n1||ext|
      i3|4096|0|4|running|Y|n1||ext|
      i4|1024|0|1|running|Y|n2||plain|

      """;

  private @TempDir Path folder;
  private String printed = "";
  private String complained = "";

  private Path file(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text);
  }

  private int decide(Object... words) {
    var out = new ByteArrayOutputStream();
    var err = new ByteArrayOutputStream();
    var all = Stream.concat(Stream.of("decide"), Stream.of(words)).map(Object::toString);
    int status =
        Offline.run(
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            all.toArray(String[]::new));
    printed = out.toString(StandardCharsets.UTF_8);
    complained = err.toString(StandardCharsets.UTF_8).replace(folder + "/", "");
    return status;
  }

  @Test
  void proposes_what_the_console_would_and_says_why() throws IOException {
    assertThat(decide(file("pool", POOL))).isZero();
    assertThat(printed)
        .startsWith("These moves are worth making.")
        .contains("   1. web-01: kvm-01 -> kvm-03", "kvm-01 CPU at 95 % for the window")
        .contains("db-01: It cannot move. It has a local disk.");
  }

  @Test
  void writes_the_state_after_and_changes_nothing_but_the_placement() throws IOException {
    var after = folder.resolve("after");
    var pool = file("pool", POOL);
    assertThat(decide(pool, "--save-after", after, "--max-moves", "1")).isZero();
    assertThat(Files.readString(after))
        .isEqualTo(POOL.replace("web-01 on kvm-01", "web-01 on kvm-03"));
    assertThat(decide(pool, "--save-after", after)).isZero();
    assertThat(decide(after)).isZero();
    assertThat(printed).startsWith("Balanced: within bounds.");
  }

  @Test
  void writes_htools_text_with_the_free_memory_that_the_plan_leaves() throws IOException {
    var after = folder.resolve("after");
    var cluster = file("cluster", CLUSTER);
    assertThat(decide(cluster, "--score", "htools", "--save-after", after)).isZero();
    assertThat(Files.readString(after))
        .contains("n1|16384|512|11776|0|0|16|N|u1\n")
        .contains("n2|16384|512|10752|0|0|16|N|u1\n", "n3|16384|512|11776|0|0|16|N|u1\n")
        .contains("i4|1024|0|1|running|Y|n2||plain|\n");
    assertThat(printed).contains("i4: Its disks (plain) are on its hosts");
    assertThat(decide(after, "--score", "htools")).isZero();
    assertThat(printed).startsWith("Nothing to do");
  }

  @Test
  void empties_hosts_in_both_formats() throws IOException {
    var cluster = file("cluster", CLUSTER);
    var pool = file("pool", POOL);
    var after = folder.resolve("after");
    assertThat(decide(cluster, "--score", "htools", "--evacuate", "n1", "--save-after", after))
        .isZero();
    assertThat(Files.readString(after)).doesNotContain("|n1|");
    assertThat(printed).contains("n1 is to be emptied");
    assertThat(decide(cluster, "--evacuate", "n1", "--save-after", after)).isZero();
    assertThat(Files.readString(after)).doesNotContain("|n1|");
    assertThat(decide(pool, "--evacuate", "kvm-01", "--save-after", after)).isZero();
    assertThat(Files.readString(after).lines().filter(l -> l.contains(" on kvm-01")))
        .containsExactly("vm db-01  on kvm-01 cpu=5   mem=8 tied=\"It has a local disk\"");
    assertThat(decide(pool, "--evacuate", "kvm-01", "--max-moves", "1")).isZero();
    assertThat(printed).contains("1 moves");
  }

  @Test
  void the_order_of_the_lines_changes_nothing() throws IOException {
    var lines = new ArrayList<>(POOL.lines().toList());
    decide(file("pool", POOL), "--json");
    var expected = printed;
    for (int seed = 0; seed < 20; seed++) {
      Collections.shuffle(lines, new Random(seed));
      decide(file("pool", String.join("\n", lines)), "--json");
      assertThat(printed).isEqualTo(expected);
    }
  }

  @Test
  void the_order_of_nodes_and_instances_changes_no_plan() throws IOException {
    decide(file("cluster", CLUSTER), "--score", "htools", "--json");
    var moves = printed.substring(printed.indexOf("\"moves\""));
    for (int seed = 0; seed < 20; seed++) {
      var random = new Random(seed);
      var shuffled =
          Stream.of(CLUSTER.split("\n\n", -1))
              .map(
                  section -> {
                    var lines = new ArrayList<>(List.of(section.split("\n")));
                    Collections.shuffle(lines, random);
                    return String.join("\n", lines);
                  })
              .collect(Collectors.joining("\n\n"));
      decide(file("cluster", shuffled), "--score", "htools", "--json");
      assertThat(printed.substring(printed.indexOf("\"moves\""))).isEqualTo(moves);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '!',
      value = {
        "cores=16 mem=64!cores=0 mem=64!pool, line 2, cores: \"0\" is less than 1.",
        "cores=16 mem=64!cores=x mem=64!pool, line 2, cores: \"x\" is not a whole number.",
        "cores=16 mem=64!cores=16 mem=0!pool, line 2, mem: a host needs memory.",
        "host kvm-02!hos kvm-02!pool, line 3, first word: \"hos\" is none of \"host\", \"vm\" and"
            + " \"rule\".",
        "host kvm-02!host kvm-01!pool, line 3, name: there is another \"kvm-01\".",
        "cpu=2   mem=4!cpu=NaN!pool, line 9, cpu: \"NaN\" is not a number of at least 0.",
        "cpu=2   mem=4!cpu=-1!pool, line 9, cpu: \"-1\" is not a number of at least 0.",
        "cpu=2   mem=4!cpu=2 cpu=3!pool, line 9, cpu: is there twice.",
        "cpu=2   mem=4!cpus=2!pool, line 9, cpus: there is no such field.",
        "app-01 on kvm-02!app-01 on kvm-09!pool, line 9, host: there is no host \"kvm-09\".",
        "vm app-01.*!rule r apart vms=web-01!pool, line 9, vms: the rule needs two VMs.",
        "vm app-01.*!rule r apart vms=web-01,nobody!pool, line 9, vms: there is no VM \"nobody\".",
        "vm app-01.*!rule r on vms=web-01!pool, line 9, hosts: the rule needs a host.",
        "vm app-01.*!rule r off vms=web-01 hosts=kvm-09!pool, line 9, hosts: there is no host"
            + " \"kvm-09\".",
        "vm app-01.*!rule r near vms=web-01!pool, line 9, kind: \"near\" is none of together",
        "vm app-01.*!rule r apart often vms=web-01!pool, line 9, name: a rule is written",
        "vm app-01.*!rule r apart cpu=2!pool, line 9, cpu: there is no such field.",
        "app-01 on kvm-02!app-01 at kvm-02!pool, line 9, name: a VM is written \"vm NAME on"
            + " HOST\".",
      })
  void names_file_line_and_field_of_a_mistake_in_a_pool(String right, String wrong, String says)
      throws IOException {
    assertThat(decide(file("pool", POOL.replaceFirst(right, wrong)))).isEqualTo(2);
    assertThat(complained).startsWith(says);
    assertThat(printed).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '!',
      value = {
        "n1.16384!n1|0!cluster, line 3, total_mem: \"0\" is less than 1.",
        "3584.0.0.16!3584|0|0|0!cluster, line 3, cpus: \"0\" is less than 1.",
        "n2.16384!n2|x!cluster, line 4, total_mem: \"x\" is not a whole number.",
        "n2.16384!n1|16384!cluster, line 4, name: \"n1\" is empty or was used before.",
        "14848.0.0.16.N.u1!14848|0|0|16|N|u9!cluster, line 4, group_uuid: there is no group"
            + " \"u9\".",
        "i4.1024!i4|-1!cluster, line 10, mem: \"-1\" is less than 0.",
        "running.Y.n2!running|Y|n9!cluster, line 10, pnode: there is no node \"n9\".",
        "running.Y.n2!walking|Y|n2!cluster, line 10, status: \"walking\" is not a status.",
        "running.Y.n2!running|J|n2!cluster, line 10, auto_balance: \"J\" is neither Y nor N.",
        "n2..plain!n2||paper!cluster, line 10, template: \"paper\" is not a disk template.",
        "i4.1024.0.1.!i4|!cluster, line 10, fields: there are 7 and not 10 at least.",
      })
  void names_file_line_and_field_of_a_mistake_in_a_cluster(String right, String wrong, String says)
      throws IOException {
    var text = CLUSTER.replaceFirst(right, wrong);
    assertThat(text).isNotEqualTo(CLUSTER);
    assertThat(decide(file("cluster", text), "--score", "htools")).isEqualTo(2);
    assertThat(complained).startsWith(says);
  }

  @Test
  void keeps_the_rules_of_a_pool() throws IOException {
    var ruled =
        POOL + "rule web apart vms=web-01,web-02\nrule licence on vms=web-01 hosts=kvm-01\n";
    assertThat(decide(file("pool", ruled))).isZero();
    assertThat(printed)
        .contains(
            "broken rules",
            "web-02: kvm-01 -> ",
            "Rule \"web\" is broken: web-02 shares kvm-01 with another of its VMs.");
  }

  @Test
  void refuses_wrong_loads_and_options() throws IOException {
    var cluster = file("cluster", CLUSTER);
    assertThat(decide(cluster, "--utilization", file("load", "i1 0.1 0.1 NaN 0.1\n"))).isEqualTo(2);
    assertThat(complained).startsWith("load, line 1, disk: \"NaN\" is not a number of at least 0.");
    assertThat(decide(cluster, "--utilization", file("load", "i9 0.1 0.1 0.1 0.1\n"))).isEqualTo(2);
    assertThat(complained).startsWith("load: there is no instance \"i9\" in cluster.");
    assertThat(decide(cluster, "--evacuate", "n9")).isEqualTo(2);
    assertThat(complained).startsWith("--evacuate: there is no host \"n9\"");
    assertThat(decide(cluster, "--max-moves", "-1")).isEqualTo(2);
    assertThat(decide(cluster, "--frobnicate")).isEqualTo(2);
    assertThat(complained).startsWith("There is no option --frobnicate.");
    assertThat(decide(folder.resolve("missing"))).isEqualTo(2);
    assertThat(complained).startsWith("There is no file missing.");
    assertThat(decide(folder)).isEqualTo(2);
    assertThat(complained).startsWith("Cannot read ");
    assertThat(decide(file("empty", "\n"))).isEqualTo(2);
    assertThat(complained).startsWith("empty is empty.");
  }

  @Test
  void decides_on_odd_pools_without_a_move() throws IOException {
    assertThat(decide(file("pool", "host a cores=4 mem=8\n"))).isZero();
    assertThat(printed).contains("0 moves");
    assertThat(decide(file("pool", "host a\nvm x on a cpu=40 mem=4\n"))).isZero();
    assertThat(printed).startsWith("Out of bounds, but no move gains enough.").contains("0 moves");
    assertThat(decide(file("pool", POOL.replace("mem=64", "mem=64 closed=\"in maintenance\""))))
        .isZero();
    assertThat(printed).startsWith("Nothing to decide: no host is open.").contains("0 moves");
    var two = file("pool", "host a\nhost b\nvm x on a\n");
    assertThat(decide(two, "--evacuate", "a", "--evacuate", "b")).isZero();
    assertThat(printed).contains("0 moves", "x: No open host has the 2.0 GiB");
    var giant = file("pool", "host a mem=64\nhost b mem=64\nvm giant on a cpu=15 mem=200\n");
    assertThat(decide(giant)).isZero();
    assertThat(printed).contains("0 moves", "giant: ");
    var empty = file("cluster", "default|u1|preferred||\n\n\n\n\n");
    assertThat(decide(empty, "--score", "htools")).isZero();
    assertThat(printed).contains("0 hosts, 0 VMs", "0 moves");
    var offline = file("cluster", CLUSTER.replace("|N|u1", "|Y|u1"));
    assertThat(decide(offline, "--score", "htools")).isZero();
    assertThat(printed).contains("0 moves", "i1, i2, i3: No node that is online has room for it.");
  }
}
