package org.dcbalance.helper;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import org.dcbalance.hypervisor.Discretion;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.HypervisorException.Kind;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Call the helper of one host. Each call throws {@link HypervisorException}, in the helper's words
 * where it has some, when it is not reached or refuses.
 *
 * <p>What it works on is named by the storage pool and by what the names of a checkpoint's volumes
 * begin with.
 */
public final class HostHelper {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  // what the helper takes; checked here, too, since a shell of the host's sees it first
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,62}");
  private static final Duration SHORT = Duration.ofSeconds(60);
  // reading and writing all of a memory
  private static final Duration LONG = Duration.ofMinutes(60);

  private final String host;
  private final HelperAccess access;
  private final Path key;

  HostHelper(String host, HelperAccess access, Path key) {
    this.host = host;
    this.access = access;
    this.key = key;
  }

  /**
   * What a helper says of itself and of its host.
   *
   * @param hook whether libvirt calls it: "ready", "unread" until libvirt starts anew, "absent"
   * @param security libvirt's security drivers beside file permissions
   * @param user as whom QEMU runs
   */
  public record Facts(int version, String hook, List<String> security, String user) {
    public Facts {
      security = List.copyOf(security);
    }
  }

  /**
   * A memory that was split.
   *
   * @param memoryBytes what the guest has
   * @param storedBytes what its file takes up
   * @param sums SHA-256 of the list of checksums
   * @param touchedPages pages of 4 KiB that were written again while the checkpoint was taken
   */
  public record Split(
      long memoryBytes,
      long storedBytes,
      int blocks,
      String sums,
      long touchedPages,
      long millis) {}

  /** Checksums that were compared, and the numbers of the blocks that differ, at most 100. */
  public record Verified(String sums, List<Integer> damaged) {
    public Verified {
      damaged = List.copyOf(damaged);
    }
  }

  Facts version() {
    var told = call(SHORT, List.of("version"));
    return new Facts(
        told.path("version").asInt(0),
        told.path("hook").asString(""),
        told.path("security").valueStream().map(JsonNode::asString).toList(),
        told.path("user").asString(""));
  }

  /** Make of a captured memory what guests can map. */
  public Split split(String pool, String checkpoint) {
    var told = call(LONG, "split", pool, checkpoint);
    return new Split(
        told.path("memoryBytes").asLong(),
        told.path("storedBytes").asLong(),
        told.path("blocks").asInt(),
        told.path("sums").asString(),
        told.path("touchedPages").asLong(),
        told.path("millis").asLong());
  }

  /** Read all of a split memory, and compare it with what was written. */
  public Verified verify(String pool, String checkpoint) {
    return verified(call(LONG, "verify", pool, checkpoint));
  }

  /**
   * Let the next restore on this host map the memory, once. All of it is read if somebody may have
   * written to it; if something is damaged, nothing is prepared.
   */
  public Verified prepare(String pool, String checkpoint) {
    return verified(call(LONG, "prepare", pool, checkpoint));
  }

  private static Verified verified(JsonNode told) {
    return new Verified(
        told.path("sums").asString(""),
        told.path("damaged").valueStream().map(JsonNode::asInt).toList());
  }

  /** Read ahead what a guest needs first; gives the number of pages. */
  public long warm(String pool, String checkpoint) {
    return call(SHORT, "warm", pool, checkpoint).path("pages").asLong();
  }

  /** Note what the guest that maps the memory has needed until now; gives the number of pages. */
  public long touched(String pool, String checkpoint) {
    return call(SHORT, "touched", pool, checkpoint).path("pages").asLong();
  }

  /** Take back what was prepared; gives the number of processes that map the memory there. */
  public int release(String pool, String checkpoint) {
    return call(SHORT, "release", pool, checkpoint).path("mapped").asInt(1);
  }

  private JsonNode call(Duration within, String verb, String pool, String checkpoint) {
    for (var name : List.of(pool, checkpoint)) {
      if (!NAME.matcher(name).matches()) {
        throw failed(Kind.UNSUPPORTED, "takes no such name as \"" + name + "\".");
      }
    }
    return call(within, List.of(verb, pool, checkpoint));
  }

  private JsonNode call(Duration within, List<String> words) {
    SshCall.Said said;
    try {
      said = SshCall.run(access, key, within, words);
    } catch (HypervisorException e) {
      throw failed(e.kind(), "was not reached: " + e.sentence());
    }
    JsonNode told;
    try {
      told = JSON.readTree(said.out().isBlank() ? "null" : said.out());
    } catch (JacksonException e) {
      throw failed(Kind.FAILED, "answered what is no answer of DCbalance's.");
    }
    if (!told.has("ok")) {
      // ssh tells addresses and key files, and what is said here goes into events
      var why =
          said.err().isBlank()
              ? "it said nothing"
              : Discretion.addressesAndFiles(said.err().strip());
      throw failed(
          said.status() == 255 ? Kind.UNREACHABLE : Kind.FAILED,
          "was not reached: " + (why.length() > 300 ? why.substring(0, 300) : why) + ".");
    }
    if (!told.path("ok").asBoolean(false)) {
      throw failed(Kind.FAILED, "says: " + told.path("error").asString("nothing"));
    }
    return told;
  }

  private HypervisorException failed(Kind kind, String what) {
    return new HypervisorException(kind, "The helper of " + host + " " + what, null);
  }
}
