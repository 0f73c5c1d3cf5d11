package org.dcbalance.migration;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Locale;
import org.dcbalance.units.Memory;
import org.jspecify.annotations.Nullable;

/**
 * Remember what a guest had before it was changed for its move.
 *
 * <p>As text it is part of the guest's mark and of the row, so that whoever finds either can put it
 * back: "cap=0 memory=134217728 pause=300 weight=512 autostart=1", memory in bytes, the pause in
 * milliseconds.
 *
 * @param cap most CPU that it got, in percent of one CPU, 0 for no cap; null if that stays
 * @param memory memory that it had; null if that stays
 * @param pause longest pause of its migrations from the source; null if that stays
 * @param weight what its share of CPU was weighed by, which does not travel; null if it had none
 * @param autostart whether its host started it by itself, which no hypervisor takes along
 */
record Undo(
    @Nullable Integer cap,
    @Nullable Memory memory,
    @Nullable Duration pause,
    @Nullable Integer weight,
    boolean autostart) {
  static final Undo NOTHING = new Undo(null, null, null, null, false);
  static final Undo AUTOSTART = new Undo(null, null, null, null, true);

  boolean isEmpty() {
    return equals(NOTHING);
  }

  Undo withoutMemory() {
    return new Undo(cap, null, pause, weight, autostart);
  }

  Undo withoutAutostart() {
    return new Undo(cap, memory, pause, weight, false);
  }

  String text() {
    var parts = new ArrayList<String>();
    if (cap != null) {
      parts.add("cap=" + cap);
    }
    if (memory != null) {
      parts.add("memory=" + memory.bytes());
    }
    if (pause != null) {
      parts.add("pause=" + pause.toMillis());
    }
    if (weight != null) {
      parts.add("weight=" + weight);
    }
    if (autostart) {
      parts.add("autostart=1");
    }
    return String.join(" ", parts);
  }

  /** Read what {@link #text} wrote; nothing for null. What is not understood is left out. */
  static Undo parse(@Nullable String text) {
    var values = new HashMap<String, Long>();
    if (text != null) {
      for (var part : text.split(" ")) {
        var equals = part.indexOf('=');
        if (equals > 0 && part.substring(equals + 1).matches("[0-9]{1,18}")) {
          values.put(part.substring(0, equals), Long.valueOf(part.substring(equals + 1)));
        }
      }
    }
    var memory = values.get("memory");
    var pause = values.get("pause");
    return new Undo(
        number(values.get("cap")),
        memory == null ? null : new Memory(memory),
        pause == null ? null : Duration.ofMillis(pause),
        number(values.get("weight")),
        values.getOrDefault("autostart", 0L) == 1);
  }

  private static @Nullable Integer number(@Nullable Long value) {
    return value == null ? null : Integer.valueOf(value.intValue());
  }

  static String words(Memory memory) {
    return memory.mib() + " MiB of memory";
  }

  /** Say a cap, in percent of one CPU. */
  static String words(int cap) {
    return cap == 0 ? "no CPU cap" : "a CPU cap of " + cap + " %";
  }

  static String words(Duration pause) {
    return String.format(Locale.ROOT, "a downtime limit of %d ms", pause.toMillis());
  }
}
