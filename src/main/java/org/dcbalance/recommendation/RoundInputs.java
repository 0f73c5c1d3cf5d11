package org.dcbalance.recommendation;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.dcbalance.recommendation.RoundReplays.DecidedBy;
import org.dcbalance.strategy.VmLoad;
import org.dcbalance.units.HostId;
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

  /** An input as it is stored, in short and in full. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Packed(String decidedBy, byte[] input) {}

  /**
   * What is compressed. Many guests are refused by the same hosts for the same reasons, which are
   * written once.
   *
   * @param input its VMs without the hosts that refuse them
   * @param refusals each set of them
   * @param refusalOf which of the sets is that of each VM, in their order
   */
  private record Shared(
      RoundInput input, List<Map<HostId, String>> refusals, List<Integer> refusalOf) {
    static Shared of(RoundInput input) {
      var numbers = new LinkedHashMap<Map<HostId, String>, Integer>();
      var of = new ArrayList<Integer>();
      var bare = new ArrayList<VmLoad>();
      for (var vm : input.pool().vms()) {
        of.add(numbers.computeIfAbsent(vm.refused(), _ -> numbers.size()));
        bare.add(vm.held(vm.ties(), Map.of()));
      }
      return new Shared(input.seeing(bare), List.copyOf(numbers.keySet()), of);
    }

    RoundInput whole() {
      var vms = new ArrayList<VmLoad>();
      for (var vm : input.pool().vms()) {
        vms.add(vm.held(vm.ties(), refusals.get(refusalOf.get(vms.size()))));
      }
      return input.seeing(vms);
    }
  }

  /** Make it as small as it is stored; null where none is kept. */
  @Nullable Packed pack(RoundInput input) {
    if (settings.keepInputs().isZero()) {
      return null;
    }
    var packed = new ByteArrayOutputStream();
    try (var zip = new GZIPOutputStream(packed)) {
      json.writeValue(zip, Shared.of(input));
      zip.finish();
      return new Packed(
          json.writeValueAsString(new DecidedBy(input.balancing(), input.limits())),
          packed.toByteArray());
    } catch (IOException | JacksonException e) {
      // a round that cannot be replayed is better than none
      log.error("What a round decided on cannot be kept", e);
      return null;
    }
  }

  void add(Round round, @Nullable Packed packed) {
    if (packed != null) {
      jdbc.sql(
              "insert into round_input (round_id, at, decided_by, input)"
                  + " values (:round, :at, cast(:decidedBy as jsonb), :input)")
          .param("round", round.id())
          .param("at", OffsetDateTime.ofInstant(round.at(), ZoneOffset.UTC))
          .param("decidedBy", packed.decidedBy())
          .param("input", packed.input())
          .update();
    }
  }

  /** Tell by what it was decided; none where it is not kept. */
  Optional<DecidedBy> decidedBy(long round) {
    return jdbc.sql("select decided_by from round_input where round_id = :round")
        .param("round", round)
        .query(String.class)
        .optional()
        .flatMap(text -> read(round, () -> json.readValue(text, DecidedBy.class)));
  }

  /** Find it; none if it is not kept, or was written by a version that wrote it otherwise. */
  Optional<RoundInput> find(long round) {
    return jdbc.sql("select input from round_input where round_id = :round")
        .param("round", round)
        .query(byte[].class)
        .optional()
        .flatMap(packed -> read(round, () -> unpack(packed)));
  }

  RoundInput unpack(byte[] packed) throws IOException {
    try (var unzip = new GZIPInputStream(new ByteArrayInputStream(packed))) {
      return json.readValue(unzip, Shared.class).whole();
    }
  }

  private interface Reading<T> {
    T read() throws IOException;
  }

  private static <T> Optional<T> read(long round, Reading<T> reading) {
    try {
      return Optional.of(reading.read());
    } catch (IOException | JacksonException e) {
      log.warn("What round {} decided on cannot be read: {}", round, e.getMessage());
      return Optional.empty();
    }
  }
}
