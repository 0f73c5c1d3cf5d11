package org.dcbalance.units;

/** State an amount of memory or data, in bytes, never negative. */
public record Memory(long bytes) implements Comparable<Memory> {
  public static final Memory ZERO = new Memory(0);

  public Memory {
    if (bytes < 0) {
      throw new IllegalArgumentException("An amount of memory cannot be negative: " + bytes);
    }
  }

  public static Memory ofKiB(long kib) {
    return new Memory(Math.multiplyExact(kib, 1024L));
  }

  public static Memory ofMiB(long mib) {
    return new Memory(Math.multiplyExact(mib, 1024L * 1024));
  }

  public static Memory ofGiB(long gib) {
    return new Memory(Math.multiplyExact(gib, 1024L * 1024 * 1024));
  }

  public long mib() {
    return bytes / (1024 * 1024);
  }

  public Memory plus(Memory other) {
    return new Memory(Math.addExact(bytes, other.bytes));
  }

  /** Subtract, stopping at zero. */
  public Memory minus(Memory other) {
    return new Memory(Math.max(0, bytes - other.bytes));
  }

  /** Give this amount as a share of the whole; 0 where the whole is empty. */
  public double shareOf(Memory whole) {
    return whole.bytes == 0 ? 0 : (double) bytes / whole.bytes;
  }

  @Override
  public int compareTo(Memory other) {
    return Long.compare(bytes, other.bytes);
  }
}
