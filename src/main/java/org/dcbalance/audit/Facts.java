package org.dcbalance.audit;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Collect what a thing is like, by name, to be compared with what it is like after a change. Never
 * put a secret in: say "set" instead.
 */
public record Facts(Map<String, @Nullable Object> values) {
  public static final Facts NONE = new Facts(Map.of());

  /** Begin with one fact; {@link #and} adds others in their order. */
  public static Facts of(String name, @Nullable Object value) {
    return NONE.and(name, value);
  }

  /** Add a fact; enums, numbers, booleans, texts, lists and records of these are kept as such. */
  public Facts and(String name, @Nullable Object value) {
    var more = new LinkedHashMap<String, @Nullable Object>(values);
    more.put(name, value);
    return new Facts(more);
  }

  /** Keep what the other one has otherwise, or has not. */
  public Facts otherThan(Facts other) {
    var differing = new LinkedHashMap<String, @Nullable Object>();
    values.forEach(
        (name, value) -> {
          if (!other.values.containsKey(name) || !Objects.equals(other.values.get(name), value)) {
            differing.put(name, value);
          }
        });
    return new Facts(differing);
  }

  public boolean isEmpty() {
    return values.isEmpty();
  }
}
