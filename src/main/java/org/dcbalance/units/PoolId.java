package org.dcbalance.units;

/** Identify a pool of hosts that can take each other's virtual machines. */
public record PoolId(long value) implements Comparable<PoolId> {
  @Override
  public int compareTo(PoolId other) {
    return Long.compare(value, other.value);
  }

  @Override
  public String toString() {
    return Long.toString(value);
  }
}
