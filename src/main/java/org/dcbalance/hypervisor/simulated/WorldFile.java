package org.dcbalance.hypervisor.simulated;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.locks.ReentrantLock;
import org.dcbalance.hypervisor.GuestState;
import org.jspecify.annotations.Nullable;

/**
 * Keep which guest is where in a file that several consoles may share. It is replaced as a whole,
 * so that a console that dies leaves the old or the new state and nothing between.
 */
final class WorldFile {
  /** File locks are the whole process's; this one tells the threads apart. */
  private static final ReentrantLock IN_THIS_PROCESS = new ReentrantLock();

  private final Path path;
  private @Nullable Object seen;

  /** Remember one guest; a guest that was removed has no place. */
  record Place(@Nullable String host, GuestState state, @Nullable String mark) {}

  WorldFile(Path path) {
    this.path = path.toAbsolutePath();
  }

  /** Read all places if another console (or nobody yet, in this one) changed them. */
  Optional<Map<String, Place>> readIfChanged() {
    try {
      var version = version();
      if (version == null || version.equals(seen)) {
        return Optional.empty();
      }
      var places = read();
      seen = version;
      return Optional.of(places);
    } catch (IOException e) {
      throw new UncheckedIOException("The simulated pool's file cannot be read: " + path, e);
    }
  }

  /** Write these guests' places, and leave the others as the file has them. */
  void write(Map<String, Place> changed) {
    IN_THIS_PROCESS.lock();
    try {
      Files.createDirectories(path.getParent());
      var lockFile = path.resolveSibling(path.getFileName() + ".lock");
      try (var channel =
              FileChannel.open(lockFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
          var _ = channel.lock()) {
        var all = version() == null ? new LinkedHashMap<String, Place>() : read();
        boolean readBefore = version() == null || version().equals(seen);
        all.putAll(changed);
        replace(all);
        seen = readBefore ? version() : null;
      }
    } catch (IOException e) {
      throw new UncheckedIOException("The simulated pool's file cannot be written: " + path, e);
    } finally {
      IN_THIS_PROCESS.unlock();
    }
  }

  private void replace(Map<String, Place> places) throws IOException {
    var properties = new Properties();
    places.forEach(
        (name, place) -> {
          properties.setProperty(name + ".host", place.host() == null ? "" : place.host());
          properties.setProperty(name + ".state", place.state().name());
          if (place.mark() != null) {
            properties.setProperty(name + ".mark", place.mark());
          }
        });
    var fresh = Files.createTempFile(path.getParent(), path.getFileName().toString(), ".new");
    try {
      try (var out = Files.newOutputStream(fresh)) {
        properties.store(out, "Where the guests of the simulated pool are");
      }
      Files.move(fresh, path, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(fresh);
    }
  }

  private Map<String, Place> read() throws IOException {
    var properties = new Properties();
    try (var in = Files.newInputStream(path)) {
      properties.load(in);
    }
    var places = new LinkedHashMap<String, Place>();
    for (var key : properties.stringPropertyNames()) {
      if (key.endsWith(".host")) {
        var name = key.substring(0, key.length() - ".host".length());
        var host = properties.getProperty(key);
        places.put(
            name,
            new Place(
                host.isEmpty() ? null : host,
                GuestState.valueOf(properties.getProperty(name + ".state", "RUNNING")),
                properties.getProperty(name + ".mark")));
      }
    }
    return places;
  }

  /** Tell one version of the file from the next: every replacement is a new file. */
  private @Nullable Object version() throws IOException {
    try {
      var attributes = Files.readAttributes(path, BasicFileAttributes.class);
      return attributes.lastModifiedTime() + "/" + attributes.fileKey();
    } catch (NoSuchFileException e) {
      return null;
    }
  }
}
