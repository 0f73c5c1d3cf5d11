package org.dcbalance.recommendation;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/** Keep what rounds decided on for a while, as compressed JSON. */
@Component
class RoundInputs {
  private static final Logger log = LoggerFactory.getLogger(RoundInputs.class);

  private final JdbcClient jdbc;
  private final JsonMapper json;
  private final BalancingSettings settings;

  RoundInputs(JdbcClient jdbc, JsonMapper json, BalancingSettings settings) {
    this.jdbc = jdbc;
    this.json = json;
    this.settings = settings;
  }

  /** Make it as small as it is stored; null where none is kept. */
  byte @Nullable [] pack(RoundInput input) {
    if (settings.keepInputs().isZero()) {
      return null;
    }
    var packed = new ByteArrayOutputStream();
    try (var zip = new GZIPOutputStream(packed)) {
      json.writeValue(zip, input);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return packed.toByteArray();
  }

  void add(Round round, byte @Nullable [] packed) {
    if (packed != null) {
      jdbc.sql("insert into round_input (round_id, at, input) values (:round, :at, :input)")
          .param("round", round.id())
          .param("at", OffsetDateTime.ofInstant(round.at(), ZoneOffset.UTC))
          .param("input", packed)
          .update();
    }
  }

  /** Find it; none if it is not kept, or was written by a version that wrote it otherwise. */
  Optional<RoundInput> find(long round) {
    return jdbc.sql("select input from round_input where round_id = :round")
        .param("round", round)
        .query(byte[].class)
        .optional()
        .flatMap(packed -> unpack(round, packed));
  }

  private Optional<RoundInput> unpack(long round, byte[] packed) {
    try (var unzip = new GZIPInputStream(new ByteArrayInputStream(packed))) {
      return Optional.of(json.readValue(unzip, RoundInput.class));
    } catch (IOException | JacksonException e) {
      log.warn("What round {} decided on cannot be read: {}", round, e.getMessage());
      return Optional.empty();
    }
  }
}
