package org.dcbalance.database;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.Problem;
import org.jspecify.annotations.Nullable;

/** Hold the data folder for this process alone, so that two consoles never share its database. */
final class DataFolder implements AutoCloseable {
  private final FileChannel channel;
  private final FileLock lock;

  private DataFolder(FileChannel channel, FileLock lock) {
    this.channel = channel;
    this.lock = lock;
  }

  static DataFolder hold(Path folder) throws IOException {
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new Problem(
          ErrorCode.UNAVAILABLE,
          "The data folder " + folder + " cannot be made: " + e.getMessage() + ".",
          "Maybe choose another one with DCBALANCE_DATA_DIR.",
          e);
    }
    var channel =
        FileChannel.open(
            folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    @Nullable FileLock lock = null;
    try {
      lock = channel.tryLock();
    } catch (OverlappingFileLockException held) {
      // held by this very process: as good as held by another one
    }
    if (lock == null) {
      channel.close();
      throw new Problem(
          ErrorCode.UNAVAILABLE,
          "Another DCbalance console is using the data folder " + folder + ".",
          "Maybe stop that one, or give this one its own folder with DCBALANCE_DATA_DIR, or a"
              + " PostgreSQL that both may use with SPRING_DATASOURCE_URL.");
    }
    return new DataFolder(channel, lock);
  }

  @Override
  public void close() throws IOException {
    lock.release();
    channel.close();
  }
}
