package org.dcbalance.evacuation;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;

/**
 * Expect how long the rest of an evacuation takes.
 *
 * @param expected of those of which it is known, one after the other; null where it is of none
 * @param unknown how many others there are
 */
record Rest(@Nullable Duration expected, int unknown) {
  static final Rest NONE = new Rest(null, 0);

  /**
   * Sum up what is to leave still and what is under way; what was given up takes no more time.
   *
   * @param leaving as foreseen from here
   * @param underWay what each move takes from now on; empty where nobody knows
   */
  static Rest of(
      List<Preview.Leaving> leaving, Map<VmId, Tries> tries, List<Optional<Duration>> underWay) {
    var waiting =
        leaving.stream()
            .filter(l -> tries.getOrDefault(l.vmId(), Tries.NONE).givenUp() == null)
            .map(l -> Optional.of(l.expected()).filter(_ -> l.ends()));
    var all = Stream.concat(waiting, underWay.stream()).toList();
    return new Rest(
        all.stream().flatMap(Optional::stream).reduce(Duration::plus).orElse(null),
        (int) all.stream().filter(Optional::isEmpty).count());
  }
}
