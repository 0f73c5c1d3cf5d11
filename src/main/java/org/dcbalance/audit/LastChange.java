package org.dcbalance.audit;

import java.util.List;
import java.util.stream.Collectors;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.Problem;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * Keep people and programs from undoing what they never saw: a form sends all that it shows, and
 * something of it may have been changed since, by a person or by DCbalance itself.
 */
@Component
public class LastChange {
  private static final int LONGEST = 60;

  private final AuditEntries entries;

  LastChange(AuditEntries entries) {
    this.entries = entries;
  }

  /**
   * Make sure that whoever changes a thing has seen it as it is.
   *
   * @param seen the version that was shown; null where nothing but what is sent is changed
   * @param stored the version that is there
   * @param acts what makes another version of it
   * @throws Problem CONFLICT if they differ, with who changed it last, and what
   */
  public void requireSeen(Thing thing, @Nullable Long seen, long stored, Act... acts) {
    if (seen != null && seen != stored) {
      throw new Problem(
          ErrorCode.CONFLICT,
          "%s was changed after you loaded it%s. Nothing was saved."
              .formatted(
                  thing.name(),
                  entries.newest(thing, List.of(acts)).map(LastChange::told).orElse("")),
          "Maybe look at both once more: what you save then takes the place of that.");
    }
  }

  private static String told(AuditEntry entry) {
    var what = entry.differences().stream().map(LastChange::told).collect(Collectors.joining(", "));
    return ", last by %s: %s".formatted(entry.who(), what.isEmpty() ? entry.words() : what);
  }

  private static String told(AuditEntry.Difference difference) {
    var before = shown(difference.before());
    var after = shown(difference.after());
    return before.length() + after.length() > LONGEST
        ? difference.name()
        : "%s from %s to %s".formatted(difference.name(), before, after);
  }

  private static String shown(@Nullable String value) {
    return value == null || value.isEmpty() ? "none" : value;
  }
}
