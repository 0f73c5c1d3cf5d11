package org.dcbalance.console;

import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import java.util.List;
import java.util.function.LongFunction;
import java.util.function.ToLongFunction;
import org.dcbalance.units.HostId;
import org.dcbalance.units.PoolId;
import org.dcbalance.units.VmId;
import org.springframework.boot.jackson.autoconfigure.JsonMapperBuilderCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.KeyDeserializer;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.cfg.MutableConfigOverride;
import tools.jackson.databind.deser.std.StdDeserializer;
import tools.jackson.databind.module.SimpleModule;
import tools.jackson.databind.ser.std.StdSerializer;

/**
 * Settle how the API reads and writes JSON: unknown properties are refused by name, and null within
 * lists; absent values are written as null, times are ISO 8601 in UTC, ids are plain numbers.
 */
@Configuration(proxyBeanMethods = false)
class JsonConventions {
  @Bean
  JsonMapperBuilderCustomizer strictJson() {
    return json ->
        json.enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .withConfigOverride(List.class, JsonConventions::withoutNulls)
            .addModule(ids());
  }

  private static void withoutNulls(MutableConfigOverride lists) {
    lists.setNullHandling(JsonSetter.Value.forContentNulls(Nulls.FAIL));
  }

  private static SimpleModule ids() {
    return new SimpleModule("ids")
        .addSerializer(new IdWriter<>(HostId.class, HostId::value))
        .addSerializer(new IdWriter<>(VmId.class, VmId::value))
        .addSerializer(new IdWriter<>(PoolId.class, PoolId::value))
        .addDeserializer(HostId.class, new IdReader<>(HostId.class, HostId::new))
        .addDeserializer(VmId.class, new IdReader<>(VmId.class, VmId::new))
        .addDeserializer(PoolId.class, new IdReader<>(PoolId.class, PoolId::new))
        .addKeyDeserializer(HostId.class, new KeyReader(HostId::new))
        .addKeyDeserializer(VmId.class, new KeyReader(VmId::new));
  }

  private static final class IdWriter<T> extends StdSerializer<T> {
    private final ToLongFunction<T> value;

    IdWriter(Class<T> type, ToLongFunction<T> value) {
      super(type);
      this.value = value;
    }

    @Override
    public void serialize(T id, JsonGenerator json, SerializationContext context) {
      json.writeNumber(value.applyAsLong(id));
    }
  }

  private static final class IdReader<T> extends StdDeserializer<T> {
    private final LongFunction<T> make;

    IdReader(Class<T> type, LongFunction<T> make) {
      super(type);
      this.make = make;
    }

    @Override
    public T deserialize(JsonParser json, DeserializationContext context) {
      return make.apply(_parseLongPrimitive(json, context));
    }
  }

  /** Reads ids that are names of a JSON object. */
  private static final class KeyReader extends KeyDeserializer {
    private final LongFunction<?> make;

    KeyReader(LongFunction<?> make) {
      this.make = make;
    }

    @Override
    public Object deserializeKey(String key, DeserializationContext context) {
      return make.apply(Long.parseLong(key));
    }
  }
}
