package org.dcbalance.audit;

import java.util.LinkedHashMap;
import org.dcbalance.units.Operator;
import org.jspecify.annotations.Nullable;
import org.slf4j.MDC;
import org.springframework.context.event.EventListener;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.web.context.request.RequestContextHolder;
import org.springframework.web.context.request.ServletRequestAttributes;
import tools.jackson.databind.json.JsonMapper;

/**
 * Append to the audit log. An entry is part of the transaction that it is written in: a change that
 * is undone leaves none, and one that cannot be noted is not made.
 *
 * <p>Where from is the address of the request that this thread serves; what no request asked for
 * has none.
 */
@Component
public class AuditLog {
  /** Whoever was not signed in. */
  public static final Operator SOMEBODY = new Operator("somebody");

  private static final int LONGEST = 300;
  private static final int LONGEST_FACT = 2_000;

  private final JdbcClient jdbc;
  private final JsonMapper json;
  private final MoveNames names;

  public AuditLog(JdbcClient jdbc, JsonMapper json) {
    this.jdbc = jdbc;
    this.json = json;
    this.names = new MoveNames(jdbc);
  }

  @EventListener
  void on(Deed deed) {
    note(deed.by(), deed.act(), deed.thing(), deed.before(), deed.after());
  }

  /** Note that something was done. */
  public void note(Operator by, Act act, Thing thing) {
    note(by, act, thing, Facts.NONE, Facts.NONE);
  }

  /** Note a change, if there is one: of the facts before and after, those that differ. */
  public void change(Operator by, Act act, Thing thing, Facts before, Facts after) {
    var was = before.otherThan(after);
    var is = after.otherThan(before);
    if (!was.isEmpty() || !is.isEmpty()) {
      note(by, act, thing, was, is);
    }
  }

  /** Note that something was done, with what was there before and what is there after. */
  public void note(Operator by, Act act, Thing thing, Facts before, Facts after) {
    jdbc.sql(
            """
            insert into audit_entry (who, act, kind, object_id, object, before, after, address, request_id)
            values (:who, :act, :kind, :id, :object, cast(:before as json), cast(:after as json),
              :address, :request)
            """)
        .param("who", cut(by.name()))
        .param("act", act.name())
        .param("kind", thing.kind())
        .param("id", thing.id())
        .param("object", cut(names.of(thing)))
        .param("before", written(before))
        .param("after", written(after))
        .param("address", address())
        .param("request", MDC.get("requestId"))
        .update();
  }

  /** Write facts down; one that is longer than anybody would read is cut, whatever it is. */
  private String written(Facts facts) {
    var kept = new LinkedHashMap<String, @Nullable Object>();
    facts
        .values()
        .forEach(
            (name, value) -> {
              if (value instanceof String text) {
                kept.put(name, cut(text, LONGEST_FACT));
              } else {
                var whole = json.writeValueAsString(value);
                kept.put(name, whole.length() <= LONGEST_FACT ? value : cut(whole, LONGEST_FACT));
              }
            });
    return json.writeValueAsString(kept);
  }

  private static @Nullable String address() {
    return RequestContextHolder.getRequestAttributes() instanceof ServletRequestAttributes request
        ? request.getRequest().getRemoteAddr()
        : null;
  }

  /** Names are shown in a table, and a request's path may be as long as its sender likes. */
  private static String cut(String text) {
    return cut(text, LONGEST);
  }

  private static String cut(String text, int longest) {
    var shown = text.replace('\0', ' ');
    return shown.length() <= longest ? shown : shown.substring(0, longest - 1) + "…";
  }
}
