package org.dcbalance.checkpoint;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import org.dcbalance.helper.HostHelper.Verified;
import org.dcbalance.hypervisor.StateStorage;

/** Read what is stored of a checkpoint, and compare it with what was written. */
final class Verifying {
  private Verifying() {}

  /** What a volume holds. */
  record Content(long bytes, String sha256) {}

  static Content read(StateStorage states, String storage, String volume) {
    try {
      var digest = MessageDigest.getInstance("SHA-256");
      var bytes = new long[1];
      states.read(
          storage,
          volume,
          (piece, length) -> {
            digest.update(piece, 0, length);
            bytes[0] += length;
          });
      return new Content(bytes[0], HexFormat.of().formatHex(digest.digest()));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java has SHA-256", e);
    }
  }

  /** Say what is not as it was written of a memory that a helper read. */
  static String damage(Verified found) {
    return found.damaged().isEmpty()
        ? "What was prepared for a fast resume is not what was written."
        : "Of what was prepared for a fast resume, block %d is not what was written."
            .formatted(found.damaged().getFirst());
  }

  /** Read all of a checkpoint: a sentence that says what is not as it was written, or empty. */
  static Optional<String> damage(StateStorage states, Checkpoint checkpoint, String prefix) {
    var there =
        states.volumes(checkpoint.storage(), prefix + ".").stream()
            .map(StateStorage.Volume::name)
            .collect(Collectors.toSet());
    if (!there.contains(Checkpoint.memoryVolume(prefix))) {
      return Optional.of("Its memory is not in %s any more.".formatted(checkpoint.storage()));
    }
    for (var disk : checkpoint.disks()) {
      if (!there.contains(disk.volume())) {
        return Optional.of(
            "Its disk %s is not in %s any more.".formatted(disk.target(), checkpoint.storage()));
      }
    }
    var memory = read(states, checkpoint.storage(), Checkpoint.memoryVolume(prefix));
    if (!memory.sha256().equals(checkpoint.memorySha256())) {
      return Optional.of("Its memory is not what was written.");
    }
    for (var disk : checkpoint.disks()) {
      var content = read(states, checkpoint.storage(), disk.volume());
      if (!Objects.equals(content.sha256(), disk.sha256())) {
        return Optional.of("Its disk %s is not what was written.".formatted(disk.target()));
      }
    }
    return Optional.empty();
  }
}
