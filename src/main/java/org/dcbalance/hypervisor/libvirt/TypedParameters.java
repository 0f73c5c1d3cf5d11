package org.dcbalance.hypervisor.libvirt;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Hold libvirt's typed parameters by name; numbers as {@link Number}, flags as {@link Boolean}. */
record TypedParameters(Map<String, Object> values) {
  // struct virTypedParameter: char field[80]; int type; union value of 8 bytes
  private static final int NAME_LENGTH = 80;
  private static final int VALUE_AT = 88;
  private static final int SIZE = 96;
  private static final int INT = 1;
  private static final int UINT = 2;
  private static final int STRING = 7;
  private static final int ULLONG = 4;

  TypedParameters {
    values = Map.copyOf(values);
  }

  /** Give cleared room for parameters that libvirt fills in. */
  static Memory room(int count) {
    var room = new Memory((long) count * SIZE);
    room.clear();
    return room;
  }

  static TypedParameters read(Pointer array, int count) {
    var values = new LinkedHashMap<String, Object>();
    for (int i = 0; i < count; i++) {
      var at = array.share((long) i * SIZE);
      var value = value(at);
      if (value != null) {
        values.put(at.getString(0), value);
      }
    }
    return new TypedParameters(values);
  }

  private static @Nullable Object value(Pointer at) {
    return switch (at.getInt(NAME_LENGTH)) {
      case INT -> (long) at.getInt(VALUE_AT);
      case UINT -> Integer.toUnsignedLong(at.getInt(VALUE_AT));
      case 3, ULLONG -> at.getLong(VALUE_AT);
      case 5 -> at.getDouble(VALUE_AT);
      case 6 -> at.getByte(VALUE_AT) != 0;
      case STRING -> {
        var text = at.getPointer(VALUE_AT);
        yield text == null ? null : text.getString(0, "UTF-8");
      }
      default -> null;
    };
  }

  @Nullable Long number(String name) {
    return values.get(name) instanceof Number number ? number.longValue() : null;
  }

  long number(String name, long otherwise) {
    var number = number(name);
    return number == null ? otherwise : number;
  }

  @Nullable Boolean flag(String name) {
    return values.get(name) instanceof Boolean flag ? flag : null;
  }

  boolean has(String name) {
    return values.containsKey(name);
  }

  /** An unsigned number of 32 bits, which libvirt tells from a signed one. */
  record Unsigned(int value) {}

  /** Lay parameters out for libvirt; strings live as long as the block does. */
  static final class Block {
    private final @Nullable Memory memory;
    private final List<Memory> strings;
    private final int count;

    /**
     * Take unsigned 64-bit numbers (as Long), signed 32-bit ones (as Integer), unsigned ones (as
     * {@link Unsigned}), strings, and lists of them, which are given one by one under the same
     * name.
     */
    Block(Map<String, Object> values) {
      count =
          values.values().stream()
              .mapToInt(value -> value instanceof List<?> several ? several.size() : 1)
              .sum();
      memory = count == 0 ? null : new Memory((long) count * SIZE);
      strings = new java.util.ArrayList<>();
      int i = 0;
      for (var entry : values.entrySet()) {
        var several = entry.getValue() instanceof List<?> list ? list : List.of(entry.getValue());
        for (var value : several) {
          if (memory != null) {
            write(memory.share((long) i++ * SIZE), entry.getKey(), value);
          }
        }
      }
    }

    private void write(Pointer at, String name, Object value) {
      at.clear(SIZE);
      at.setString(0, name);
      if (value instanceof Long number) {
        at.setInt(NAME_LENGTH, ULLONG);
        at.setLong(VALUE_AT, number);
      } else if (value instanceof Unsigned(int number)) {
        at.setInt(NAME_LENGTH, UINT);
        at.setInt(VALUE_AT, number);
      } else if (value instanceof Integer number) {
        at.setInt(NAME_LENGTH, INT);
        at.setInt(VALUE_AT, number);
      } else {
        var bytes = value.toString().getBytes(java.nio.charset.StandardCharsets.UTF_8);
        var text = new Memory(bytes.length + 1L);
        text.write(0, bytes, 0, bytes.length);
        text.setByte(bytes.length, (byte) 0);
        strings.add(text);
        at.setInt(NAME_LENGTH, STRING);
        at.setPointer(VALUE_AT, text);
      }
    }

    @Nullable Pointer pointer() {
      return memory;
    }

    int count() {
      return count;
    }

    /** Keep the strings reachable until the native call is over. */
    @SuppressWarnings("ReachabilityFenceUsage") // whoever calls this has called the library
    void keep() {
      java.lang.ref.Reference.reachabilityFence(this);
    }
  }
}
