package org.dcbalance.secret;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Optional;
import org.dcbalance.database.DatabaseKind;
import org.dcbalance.database.DatabaseSettings;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.Operator;
import org.dcbalance.units.Problem;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/**
 * Keep the secrets of settings: sealed in the database, with a key that is not in it. Each lies at
 * a place, such as "notification/7/password", and opens there alone.
 *
 * <p>What is kept is for the code that uses it. People are told that there is one, since when and
 * by whom, never what it is.
 */
@Component
public class Secrets implements SmartInitializingSingleton {
  private static final Logger log = LoggerFactory.getLogger(Secrets.class);

  private final JdbcClient jdbc;
  private final Path file;
  private final boolean given;
  private final boolean mayGenerate;
  private volatile @Nullable KeyRing ring;

  Secrets(JdbcClient jdbc, SecretSettings settings, DatabaseSettings data, DatabaseKind database) {
    this.jdbc = jdbc;
    var set = settings.keyFile();
    this.given = set != null && !set.toString().isBlank();
    this.file = set != null && given ? set.toAbsolutePath() : data.folder().resolve("secret-key");
    this.mayGenerate = database.embedded();
  }

  /** Since when a secret is kept, and who set it. */
  public record Kept(Instant at, String by) {}

  /** A key file that was named has to be there: better no start than settings that fail later. */
  @Override
  public void afterSingletonsInstantiated() {
    if (given) {
      ring = KeyRing.read(file);
    }
  }

  /**
   * Make sure that secrets can be kept.
   *
   * @throws Problem with the sentence that says why not
   */
  public void requireKey() {
    ring(true);
  }

  /**
   * Keep a secret, in place of an older one.
   *
   * @throws Problem if there is no key to seal it with
   */
  public void put(String place, String clear, Operator by) {
    var key = ring(true).first();
    jdbc.sql(
            """
            insert into secret (place, key_id, sealed, set_by) values (:place, :key, :sealed, :by)
            on conflict (place) do update
              set key_id = excluded.key_id, sealed = excluded.sealed, set_by = excluded.set_by,
                set_at = clock_timestamp()
            """)
        .param("place", place)
        .param("key", key.id())
        .param("sealed", Seal.close(key, place, clear))
        .param("by", by.name())
        .update();
  }

  @SuppressWarnings("ArrayRecordComponent") // rows are never compared
  private record Row(String keyId, byte[] sealed) {}

  /**
   * Open a secret, to use it.
   *
   * @return empty where none is kept
   * @throws Problem if it was sealed with a key that this console has not, or was changed since
   */
  public Optional<String> open(String place) {
    return jdbc.sql("select key_id, sealed from secret where place = :place")
        .param("place", place)
        .query((row, n) -> new Row(row.getString(1), row.getBytes(2)))
        .optional()
        .map(row -> open(place, row));
  }

  private String open(String place, Row row) {
    var key =
        ring(false)
            .find(row.keyId())
            .orElseThrow(
                () ->
                    new Problem(
                        ErrorCode.UNAVAILABLE,
                        "The secret %s was sealed with the key %s, which is not in %s."
                            .formatted(place, row.keyId(), file),
                        "Maybe add that key to the file as a further line, or set the secret"
                            + " again."));
    return Seal.open(key, place, row.sealed())
        .orElseThrow(
            () ->
                new Problem(
                    ErrorCode.UNAVAILABLE,
                    "The secret "
                        + place
                        + " cannot be opened: it was damaged, or belongs elsewhere.",
                    "Maybe set it again."));
  }

  /** Tell since when a secret is kept at the place; empty where none is. */
  public Optional<Kept> about(String place) {
    return jdbc.sql("select set_at, set_by from secret where place = :place")
        .param("place", place)
        .query(
            (row, n) ->
                new Kept(row.getObject(1, OffsetDateTime.class).toInstant(), row.getString(2)))
        .optional();
  }

  public void forget(String place) {
    jdbc.sql("delete from secret where place = :place").param("place", place).update();
  }

  private synchronized KeyRing ring(boolean toSeal) {
    var known = ring;
    if (known == null) {
      if (!given && !mayGenerate) {
        throw new Problem(
            ErrorCode.REFUSED,
            "This console has no key to seal secrets with, so settings that hold one are refused.",
            "Maybe set DCBALANCE_SECRET_KEY_FILE, to the same key for all consoles on this database:"
                + " openssl rand -base64 32 >FILE && chmod 600 FILE");
      }
      if (toSeal && !Files.exists(file)) {
        generate();
      }
      known = KeyRing.read(file);
      ring = known;
    }
    return known;
  }

  private void generate() {
    try {
      SecretFile.write(file, KeyRing.fresh());
    } catch (IOException e) {
      throw new Problem(
          ErrorCode.UNAVAILABLE,
          "A key for secrets cannot be written to " + file + ".",
          "Maybe choose another data folder with DCBALANCE_DATA_DIR, or name a key file in"
              + " DCBALANCE_SECRET_KEY_FILE.",
          e);
    }
    log.info("Made a key for secrets in {} (for its owner alone). Keep a copy of it.", file);
  }
}
