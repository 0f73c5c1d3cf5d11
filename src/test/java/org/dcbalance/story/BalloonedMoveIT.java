package org.dcbalance.story;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Map;
import java.util.regex.Pattern;
import org.dcbalance.lab.QemuLab;
import org.dcbalance.method.Method;
import org.dcbalance.testing.Await;
import org.dcbalance.testing.Figures;
import org.dcbalance.units.Memory;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * A real guest that freed half of its memory is ballooned, moved without that half, and has all of
 * it again afterwards; also if the console is killed while the balloon is full. What it does goes
 * on all the time.
 */
@Tag("campaign")
@Timeout(900)
class BalloonedMoveIT {
  @RegisterExtension static final QemuLab LAB = new QemuLab("bal", 2);

  private static final String GUEST = "shrunk-01";
  private static final Memory ALL = Memory.ofMiB(512);

  /** By QEMU itself: what libvirt lists may be of before the guest had it back. */
  private static final Pattern NOW = Pattern.compile("actual ([0-9]+)");

  @Test
  void itsMemoryIsGivenBackWhateverHappens() {
    try (var console = Console.inside(LAB, "ballooned", 8091).hurried().start();
        var api = console.api()) {
      var fleet = new Fleet(LAB, api);
      LAB.start(1, GUEST, 1, "--mib", Long.toString(ALL.mib()));
      LAB.limitLink(1, 100);
      LAB.limitLink(2, 100);
      fleet.addAll(2);
      LAB.load(1, "hold=320");
      Await.until("memory that is held", Duration.ofMinutes(2), () -> free(1), free -> free < 150);
      LAB.load(1, "hold=160");
      Await.until("memory that is free", Duration.ofMinutes(2), () -> free(1), free -> free > 220);
      api.patch(
          "/api/v1/vms/" + fleet.vm(GUEST).get("id").asLong(),
          Map.of("moveOptions", Map.of("ballooning", true)));

      var ended =
          fleet.ended(
              fleet.moveOnceHostsAnswer(GUEST, 2, Method.BALLOON_FIRST), Duration.ofMinutes(4));
      assertThat(ended.get("state").asString())
          .as(ended.get("sentence").asString())
          .isEqualTo("COMPLETED");
      var sent = new Memory(ended.get("bytes").asLong());
      Figures.print("sent of a ballooned guest of 512 MiB", sent.mib() + " MiB");
      assertThat(sent).isLessThan(Memory.ofMiB(320));
      isWhole(2);

      long id = fleet.moveOnceHostsAnswer(GUEST, 1, Method.BALLOON_FIRST);
      Await.until(
          "a copy of what is left of it",
          Duration.ofMinutes(2),
          () -> LAB.host("virsh", 2, "domjobinfo", GUEST),
          job ->
              job.contains("Data processed") && ALL.minus(now(2)).compareTo(Memory.ofMiB(100)) > 0);
      console.kill();
      console.start();
      var settled = fleet.ended(id, Duration.ofMinutes(4));
      Figures.print("a ballooned move whose console was killed", settled.get("sentence"));
      isWhole(settled.get("state").asString().equals("COMPLETED") ? 1 : 2);
    } finally {
      LAB.unlimitLink(1);
      LAB.unlimitLink(2);
    }
  }

  /** It runs there alone, with all of its memory and its load. */
  private static void isWhole(int host) {
    assertThat(LAB.where(GUEST)).containsExactly(host + " running");
    Await.until(
        "all of its memory, but for a page or two",
        Duration.ofMinutes(2),
        () -> now(host),
        now -> ALL.minus(now).compareTo(Memory.ofMiB(1)) < 0);
    assertThat(LAB.stat(1)).contains("hold 160");
    assertThat(LAB.verify(1)).contains("hold 40960 pages as written, 0 not");
  }

  private static Memory now(int host) {
    var told = NOW.matcher(LAB.host("virsh", host, "dommemstat", GUEST));
    assertThat(told.find()).isTrue();
    return new Memory(Long.parseLong(told.group(1)) << 10);
  }

  /** Give what a guest says is available, MiB. */
  private static long free(int number) {
    return LAB.stat(number)
        .lines()
        .filter(line -> line.startsWith("MemAvailable:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) >> 10)
        .findFirst()
        .orElseThrow();
  }
}
