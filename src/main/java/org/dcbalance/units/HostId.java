package org.dcbalance.units;

/** Identify a host of the inventory. */
public record HostId(long value) implements Comparable<HostId> {
  @Override
  public int compareTo(HostId other) {
    return Long.compare(value, other.value);
  }

  @Override
  public String toString() {
    return Long.toString(value);
  }
}
