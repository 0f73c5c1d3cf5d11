package org.dcbalance.secret;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.Problem;

/**
 * Hold the keys of a key file: one per line, 32 bytes in Base64. The first one seals; those after
 * it only open what was sealed before the first one took over.
 */
final class KeyRing {
  private static final int BYTES = 32;
  private static final String ADVICE =
      "Maybe make one with: openssl rand -base64 32 >FILE && chmod 600 FILE";

  private final List<Key> keys;

  private KeyRing(List<Key> keys) {
    this.keys = List.copyOf(keys);
  }

  /**
   * One key.
   *
   * @param id names the key without telling anything of it
   */
  record Key(String id, SecretKey secret) {
    /** Tell which key it is, never the key. */
    @Override
    public String toString() {
      return "Key[" + id + "]";
    }
  }

  /**
   * Read a key file.
   *
   * @throws Problem with the sentence that says what is wrong with it, and never what is in it
   */
  static KeyRing read(Path file) {
    List<String> lines;
    try {
      lines = Files.readString(file, StandardCharsets.US_ASCII).lines().toList();
    } catch (IOException e) {
      throw new Problem(
          ErrorCode.UNAVAILABLE,
          "The key file " + file + " cannot be read.",
          "Maybe check that it exists and that the user of this process may read it.",
          e);
    }
    var keys = new ArrayList<Key>();
    for (int i = 0; i < lines.size(); i++) {
      var line = lines.get(i).strip();
      if (!line.isEmpty() && !line.startsWith("#")) {
        keys.add(key(file, i + 1, line));
      }
    }
    if (keys.isEmpty()) {
      throw new Problem(ErrorCode.UNAVAILABLE, "The key file " + file + " holds no key.", ADVICE);
    }
    return new KeyRing(keys);
  }

  private static Key key(Path file, int line, String text) {
    byte[] bytes;
    try {
      bytes = Base64.getDecoder().decode(text);
    } catch (IllegalArgumentException notBase64) {
      bytes = new byte[0];
    }
    if (bytes.length != BYTES) {
      throw new Problem(
          ErrorCode.UNAVAILABLE,
          "Line %d of the key file %s is not 32 bytes in Base64.".formatted(line, file),
          ADVICE);
    }
    return new Key(id(bytes), new SecretKeySpec(bytes, "AES"));
  }

  private static String id(byte[] key) {
    try {
      var digest = MessageDigest.getInstance("SHA-256");
      digest.update("DCbalance key id\n".getBytes(StandardCharsets.US_ASCII));
      return HexFormat.of().formatHex(Arrays.copyOf(digest.digest(key), 6));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform has SHA-256.", e);
    }
  }

  /** Make the text of a new key file. */
  static String fresh() {
    var bytes = new byte[BYTES];
    new SecureRandom().nextBytes(bytes);
    return Base64.getEncoder().encodeToString(bytes);
  }

  /** Give the key that seals. */
  Key first() {
    return keys.getFirst();
  }

  Optional<Key> find(String id) {
    return keys.stream().filter(key -> key.id().equals(id)).findFirst();
  }
}
