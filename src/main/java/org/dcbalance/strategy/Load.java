package org.dcbalance.strategy;

import org.dcbalance.units.ByteRate;
import org.dcbalance.units.Memory;

/**
 * State what a host or VM uses.
 *
 * @param cpuCores CPU in cores: 1.5 is one and a half cores' full time
 */
public record Load(double cpuCores, Memory memory, ByteRate network, ByteRate disk) {
  public static final Load NONE = new Load(0, Memory.ZERO, ByteRate.ZERO, ByteRate.ZERO);

  /** Refuse what no measurement can mean: a decision made on it would be worse than none. */
  public Load {
    if (!(cpuCores >= 0 && cpuCores < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException("A load of " + cpuCores + " cores is no load.");
    }
  }

  public Load plus(Load other) {
    return new Load(
        cpuCores + other.cpuCores,
        memory.plus(other.memory),
        network.plus(other.network),
        disk.plus(other.disk));
  }
}
