package org.dcbalance.units;

/** Identify a virtual machine of the inventory. */
public record VmId(long value) implements Comparable<VmId> {
  @Override
  public int compareTo(VmId other) {
    return Long.compare(value, other.value);
  }

  @Override
  public String toString() {
    return Long.toString(value);
  }
}
