package org.dcbalance.secret;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Optional;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;

/**
 * Seal and open texts with AES-256-GCM (NIST SP 800-38D): a random nonce of 12 bytes, then the
 * cipher text with its tag of 16. What is sealed for one place opens at no other, and with no other
 * key: both are authenticated with it.
 */
final class Seal {
  private static final int NONCE = 12;
  private static final int TAG_BITS = 128;
  private static final SecureRandom RANDOM = new SecureRandom();

  private Seal() {}

  static byte[] close(KeyRing.Key key, String place, String clear) {
    var nonce = new byte[NONCE];
    RANDOM.nextBytes(nonce);
    try {
      var text =
          cipher(Cipher.ENCRYPT_MODE, key, place, nonce)
              .doFinal(clear.getBytes(StandardCharsets.UTF_8));
      var sealed = Arrays.copyOf(nonce, NONCE + text.length);
      System.arraycopy(text, 0, sealed, NONCE, text.length);
      return sealed;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("Every Java platform has AES/GCM.", e);
    }
  }

  /** Open what was sealed; empty if it was sealed otherwise, for another place, or was changed. */
  static Optional<String> open(KeyRing.Key key, String place, byte[] sealed) {
    if (sealed.length < NONCE + TAG_BITS / 8) {
      return Optional.empty();
    }
    try {
      var clear =
          cipher(Cipher.DECRYPT_MODE, key, place, Arrays.copyOf(sealed, NONCE))
              .doFinal(sealed, NONCE, sealed.length - NONCE);
      return Optional.of(new String(clear, StandardCharsets.UTF_8));
    } catch (AEADBadTagException changed) {
      return Optional.empty();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("Every Java platform has AES/GCM.", e);
    }
  }

  private static Cipher cipher(int mode, KeyRing.Key key, String place, byte[] nonce)
      throws GeneralSecurityException {
    var cipher = Cipher.getInstance("AES/GCM/NoPadding");
    cipher.init(mode, key.secret(), new GCMParameterSpec(TAG_BITS, nonce));
    cipher.updateAAD(
        ("DCbalance secret\n" + key.id() + "\n" + place).getBytes(StandardCharsets.UTF_8));
    return cipher;
  }
}
