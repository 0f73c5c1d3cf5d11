package org.dcbalance.audit;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One line of the audit log.
 *
 * @param act the name of an {@link Act}, or of one that only a newer console knows: an upgrade that
 *     was rolled back leaves such lines
 * @param object what it was done to, as that was called then
 * @param before what was there before, by name; only what changed
 * @param after what is there since, by name; only what changed
 * @param address network address of the client; null for what DCbalance did by itself
 */
public record AuditEntry(
    long id,
    Instant at,
    String who,
    String act,
    String kind,
    @Nullable Long objectId,
    String object,
    Map<String, @Nullable Object> before,
    Map<String, @Nullable Object> after,
    @Nullable String address,
    @Nullable String requestId) {

  /**
   * One thing that changed, as people read it.
   *
   * @param before null where nothing was there
   * @param after null where nothing is there any more
   */
  public record Difference(String name, @Nullable String before, @Nullable String after) {}

  /** Give the act as people read it; by its name where this console does not know it. */
  public String words() {
    return Act.named(act).map(Act::words).orElse(act);
  }

  /** Tell whether somebody was kept from doing something, as far as this console knows. */
  public boolean refused() {
    return Act.named(act).map(Act::refusal).orElse(false);
  }

  /** List what changed, in the order in which it was noted. */
  public List<Difference> differences() {
    var found = new ArrayList<Difference>();
    after.forEach(
        (name, value) -> found.add(new Difference(name, words(before.get(name)), words(value))));
    before.forEach(
        (name, value) -> {
          if (!after.containsKey(name)) {
            found.add(new Difference(name, words(value), null));
          }
        });
    return found;
  }

  private static @Nullable String words(@Nullable Object value) {
    return switch (value) {
      case null -> null;
      case Boolean yes -> yes ? "yes" : "no";
      case List<?> list -> String.join(", ", list.stream().map(String::valueOf).toList());
      case Map<?, ?> map ->
          String.join(
              ", ",
              map.entrySet().stream()
                  .filter(each -> each.getValue() != null)
                  .map(each -> each.getKey() + " " + each.getValue())
                  .toList());
      default -> value.toString();
    };
  }
}
