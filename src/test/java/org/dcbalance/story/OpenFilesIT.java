package org.dcbalance.story;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import org.dcbalance.lab.Lab;
import org.dcbalance.lab.QemuLab;
import org.dcbalance.testing.Await;
import org.dcbalance.testing.Figures;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A guest writes to an open file of its file system and answers on open connections, and is brought
 * back to one instant of all of that: twice from each checkpoint, on the other host and its own.
 */
@Tag("campaign")
@Timeout(600)
class OpenFilesIT {
  @RegisterExtension static final QemuLab LAB = new QemuLab("fil", 2);

  private static final Pattern FIGURES =
      Pattern.compile("counted (\\d+)\\s+records (\\d+) good\\s+counted (\\d+)\\s*");

  private static @Nullable Console console;
  private static @Nullable Api connected;

  @BeforeAll
  static void begin() {
    console =
        Console.inside(LAB, "open-files", 8080)
            .hurried()
            .start(() -> LAB.start(1, "db-01", 1, "--disk", "shared", "--ext4"));
    connected = console.api();
    new Fleet(LAB, connected).addAll(2);
    assertThat(db().choose("checkpoints").status()).isEqualTo(200);
  }

  @AfterAll
  static void end() {
    if (connected != null) {
      connected.close();
    }
    if (console != null) {
      console.close();
    }
  }

  private static Captures db() {
    return new Captures(new Fleet(LAB, Objects.requireNonNull(connected)), "db-01");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void theFileTheCounterAndTheConnectionsGoOnWhereTheyWere(boolean live) throws IOException {
    assertThat(LAB.file(1, "begin")).contains("begun");
    try (var first = new Connection();
        var second = new Connection()) {
      assertThat(first.next()).isEqualTo("1");
      assertThat(second.next()).isEqualTo("1");
      long before = records();
      long id = db().take(Map.of("live", live));
      db().until(id, "COMPLETE");
      long after = records();

      var connections = List.of(first, second);
      for (int host = 2; host >= 1; host--) {
        db().fleet()
            .api()
            .post(
                "/api/v1/checkpoints/" + id + "/restore",
                Map.of("hostId", db().fleet().host(host).get("id").asLong(), "replace", "db-01"));
        var done = db().restored(id);
        assertThat(done.get("state").asString()).as(done.toString()).isEqualTo("DONE");
        assertThat(LAB.where("db-01")).containsExactly(host + " running");
        LAB.await(1);
        assertThat(connections.get(2 - host).next()).as("its connection lives").isEqualTo("2");
        long now = records();
        assertThat(now).as("it goes on from in between").isGreaterThan(before);
        Await.until("the file to grow", Duration.ofSeconds(30), OpenFilesIT::records, n -> n > now);
        long there = db().fleet().host(host).get("id").asLong();
        Await.until(
            "the inventory to see it there",
            Duration.ofSeconds(30),
            () -> db().fleet().vm("db-01"),
            vm -> vm.get("hostId").asLong() == there);
      }
      Figures.print(
          "records when asked for, complete (%s)".formatted(live ? "live" : "stopped"),
          before + ", " + after);
    }
    assertThat(LAB.file(1, "end")).contains("ended");
    assertThat(checked()).as("nothing is wrong with it").contains("status 0");
  }

  /** Count the records, all of which were read back from the disk and are good. */
  private static long records() {
    var said = LAB.file(1);
    var figures = FIGURES.matcher(said);
    assertThat(figures.matches()).as(said).isTrue();
    long records = Long.parseLong(figures.group(2));
    assertThat(records)
        .as("as many as are counted in memory: " + said)
        .isBetween(Long.parseLong(figures.group(1)), Long.parseLong(figures.group(3)) + 1);
    return records;
  }

  /** Have the file system that the guest has left checked from outside. */
  private static String checked() {
    var disk =
        LAB.host("virsh", 1, "domblklist", "db-01")
            .lines()
            .filter(line -> line.strip().startsWith("vda"))
            .map(line -> line.strip().split(" +")[1])
            .findFirst()
            .orElseThrow();
    return LAB.host(
        "sh",
        1,
        "sh",
        "-c",
        "qemu-img convert -U -O raw '%s' /tmp/disk && e2fsck -fn /tmp/disk; echo status $?"
            .formatted(disk));
  }

  /** A connection to the guest that tells how many bytes came on it. */
  private static final class Connection implements AutoCloseable {
    private final Process process;
    private final BufferedReader answers;

    Connection() {
      try {
        process =
            new ProcessBuilder(LAB.inside("socat", "-", "TCP:" + Lab.guestAddress(1) + ":7"))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      answers = process.inputReader(StandardCharsets.US_ASCII);
    }

    @Nullable String next() throws IOException {
      process.getOutputStream().write('.');
      process.getOutputStream().flush();
      return answers.readLine();
    }

    @Override
    public void close() {
      process.destroy();
    }
  }
}
