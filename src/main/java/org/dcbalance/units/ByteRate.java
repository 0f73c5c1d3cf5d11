package org.dcbalance.units;

/** State a rate of data in bytes per second, never negative. */
public record ByteRate(double bytesPerSecond) implements Comparable<ByteRate> {
  public static final ByteRate ZERO = new ByteRate(0);

  public ByteRate {
    if (!(bytesPerSecond >= 0) || Double.isInfinite(bytesPerSecond)) {
      throw new IllegalArgumentException(
          "A rate must be a number of at least 0: " + bytesPerSecond);
    }
  }

  public static ByteRate ofMiB(double mibPerSecond) {
    return new ByteRate(mibPerSecond * 1024 * 1024);
  }

  public ByteRate plus(ByteRate other) {
    return new ByteRate(bytesPerSecond + other.bytesPerSecond);
  }

  @Override
  public int compareTo(ByteRate other) {
    return Double.compare(bytesPerSecond, other.bytesPerSecond);
  }
}
