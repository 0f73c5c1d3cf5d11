package org.dcbalance.hypervisor.libvirt;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.dcbalance.hypervisor.CpuTimes;
import org.jspecify.annotations.Nullable;

/** Read a host's own CPU times (nanoseconds) and memory (KiB) by name. */
final class NodeStats {
  // struct virNodeCPUStats and virNodeMemoryStats: char field[80]; unsigned long long value
  private static final int NAME_LENGTH = 80;
  private static final int SIZE = 88;
  private static final int ALL = -1;

  private NodeStats() {}

  /** One of the two native calls, which share their shape. */
  private interface Native {
    int read(Pointer connect, int which, @Nullable Pointer params, IntByReference count, int flags);
  }

  /** Give the time that all cores spent on anything but idling and waiting for disks. */
  static CpuTimes cpu(OpenConnection connection) {
    var times = read(connection, connection.library()::virNodeGetCPUStats);
    return new CpuTimes(
        Duration.ofNanos(times.getOrDefault("user", 0L)),
        Duration.ofNanos(times.getOrDefault("kernel", 0L) + times.getOrDefault("intr", 0L)));
  }

  /** Give memory in KiB: "total", "free" and, on Linux, "buffers" and "cached". */
  static Map<String, Long> memory(OpenConnection connection) {
    return read(connection, connection.library()::virNodeGetMemoryStats);
  }

  private static Map<String, Long> read(OpenConnection connection, Native call) {
    var count = new IntByReference();
    connection.checked(call.read(connection.pointer(), ALL, null, count, 0));
    var values = new HashMap<String, Long>();
    if (count.getValue() > 0) {
      var memory = new Memory((long) count.getValue() * SIZE);
      connection.checked(call.read(connection.pointer(), ALL, memory, count, 0));
      for (int i = 0; i < count.getValue(); i++) {
        values.put(
            memory.getString((long) i * SIZE), memory.getLong((long) i * SIZE + NAME_LENGTH));
      }
    }
    return values;
  }
}
