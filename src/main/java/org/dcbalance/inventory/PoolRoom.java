package org.dcbalance.inventory;

import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.Problem;
import org.jspecify.annotations.Nullable;

/**
 * Say what a pool keeps free, and how much its moves may copy.
 *
 * @param hostLoss whether the guests of any one host should find room on the others: no plan may
 *     make that worse
 * @param largeVmGib memory of a large VM that some host should be able to take; null for none
 * @param largeVmCores cores of the same VM; null for any
 * @param maxTransferGib most that the moves of one round copy together; null: as in the settings
 */
public record PoolRoom(
    boolean hostLoss,
    @Nullable Integer largeVmGib,
    @Nullable Integer largeVmCores,
    @Nullable Integer maxTransferGib) {
  private static final int MOST = 1 << 20;

  /**
   * Check the numbers; 0 stands for none.
   *
   * @throws Problem BAD_REQUEST with the sentence that says which is out of its bounds
   */
  public PoolRoom checked() {
    return new PoolRoom(
        hostLoss,
        within("largeVmGib", largeVmGib),
        within("largeVmCores", largeVmCores),
        within("maxTransferGib", maxTransferGib));
  }

  private static @Nullable Integer within(String name, @Nullable Integer value) {
    if (value != null && (value < 0 || value > MOST)) {
      throw new Problem(
          ErrorCode.BAD_REQUEST,
          "\"%s\" lies between 0 and %d, and not at %d.".formatted(name, MOST, value),
          null);
    }
    return value == null || value == 0 ? null : value;
  }
}
