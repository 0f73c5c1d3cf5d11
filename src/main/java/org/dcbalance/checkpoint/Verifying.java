package org.dcbalance.checkpoint;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.dcbalance.helper.HostHelper.Verified;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.HypervisorException.Kind;
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
    var missing = missing(states, checkpoint, prefix);
    if (missing.isPresent()) {
      return missing;
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

  /**
   * Say what of it is not there any more.
   *
   * @throws HypervisorException FAILED if nothing of it is there at all: rather another storage, or
   *     one that is not mounted, than one of which all was removed
   */
  private static Optional<String> missing(
      StateStorage states, Checkpoint checkpoint, String prefix) {
    var storage = checkpoint.storage();
    Set<String> there;
    try {
      there =
          states.volumes(storage, prefix + ".").stream()
              .map(StateStorage.Volume::name)
              .collect(Collectors.toSet());
    } catch (HypervisorException e) {
      if (e.kind() != Kind.FAILED) {
        throw e;
      }
      // a pool into which something long is copied is not listed, but can be read
      return Optional.empty();
    }
    if (there.isEmpty()) {
      throw new HypervisorException(
          Kind.FAILED, "Nothing of it is in the storage pool %s.".formatted(storage), null);
    }
    if (!there.contains(Checkpoint.memoryVolume(prefix))) {
      return Optional.of("Its memory is not in %s any more.".formatted(storage));
    }
    return checkpoint.disks().stream()
        .filter(disk -> !there.contains(disk.volume()))
        .findFirst()
        .map(disk -> "Its disk %s is not in %s any more.".formatted(disk.target(), storage));
  }
}
