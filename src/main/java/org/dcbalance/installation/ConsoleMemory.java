package org.dcbalance.installation;

import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Properties;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Remember, in the data folder, which database this console has worked with and how far that was. A
 * folder that cannot be read or written is no memory, and a console without one doubts nothing.
 */
final class ConsoleMemory {
  private static final Logger log = LoggerFactory.getLogger(ConsoleMemory.class);

  private final Path file;
  private final UUID newcomer = UUID.randomUUID();
  private boolean complained;

  ConsoleMemory(Path folder) {
    this.file = folder.resolve("installation");
  }

  /**
   * What is remembered.
   *
   * @param console this console's own id, which never changes
   * @param installation the id that its database had; null if it never saw one
   * @param seen how often it has noted that it works with that one
   */
  record Memory(UUID console, @Nullable UUID installation, long seen) {}

  Memory read() {
    try {
      if (Files.exists(file)) {
        var kept = new Properties();
        kept.load(new StringReader(Files.readString(file, StandardCharsets.UTF_8)));
        return new Memory(
            UUID.fromString(kept.getProperty("console", "")),
            UUID.fromString(kept.getProperty("installation", "")),
            Long.parseLong(kept.getProperty("seen", "")));
      }
    } catch (IOException | IllegalArgumentException e) {
      log.warn(
          "{} cannot be read, so this console begins without a memory: {}", file, e.toString());
    }
    return new Memory(newcomer, null, 0);
  }

  /** Keep it; a reader sees the old text or the new one, never a part. */
  void write(Memory memory) {
    var fresh = file.resolveSibling("." + file.getFileName() + ".new");
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
      Files.writeString(
          fresh,
          """
          # Which database this console works with. Without this file it would not notice that the database was restored.
          console=%s
          installation=%s
          seen=%d
          """
              .formatted(memory.console(), memory.installation(), memory.seen()));
      Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      if (!complained) {
        complained = true;
        log.warn(
            "{} cannot be written: a restored database would not be noticed: {}",
            file,
            e.toString());
      }
    }
  }
}
