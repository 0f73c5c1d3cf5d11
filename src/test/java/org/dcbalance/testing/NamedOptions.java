package org.dcbalance.testing;

import java.util.Map;
import org.dcbalance.inventory.MoveOptions;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** Move options by their names: of sixteen values in a row, one is soon in the wrong place. */
public final class NamedOptions {
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES).build();

  private NamedOptions() {}

  /** Make them of those that are set. */
  public static MoveOptions options(Map<String, ?> set) {
    return JSON.convertValue(set, MoveOptions.class);
  }
}
