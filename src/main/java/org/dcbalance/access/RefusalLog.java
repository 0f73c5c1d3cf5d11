package org.dcbalance.access;

import jakarta.servlet.http.HttpServletRequest;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.dcbalance.audit.Act;
import org.dcbalance.audit.AuditLog;
import org.dcbalance.audit.Facts;
import org.dcbalance.audit.Thing;
import org.dcbalance.units.Latest;
import org.dcbalance.units.Operator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.stereotype.Component;
import org.springframework.transaction.TransactionException;

/**
 * Note in the audit log who was kept from doing what. Anybody can cause refusals, so the same one
 * from the same address is noted once a minute, with how many came since, and no more than 120 a
 * minute are noted of nobody's requests, of sign-ins, and of each user: a log that cannot be
 * shortened must not be filled from outside, and one must not hide what another does. Requests of
 * nobody are the same whatever they ask for, since paths can be made up without end.
 */
@Component
class RefusalLog {
  static final Duration PAUSE = Duration.ofMinutes(1);
  static final int MOST_PER_PAUSE = 120;

  private static final Logger log = LoggerFactory.getLogger(RefusalLog.class);
  private static final int KEPT = 2_000;
  private static final String SIGN_INS = "";
  private static final Thing ANYTHING = Thing.request("");

  private final AuditLog audit;
  private final Clock clock;
  private final Map<Kind, Noted> noted = new Latest<>(KEPT);
  private final Map<String, Budget> budgets = new LinkedHashMap<>();

  RefusalLog(AuditLog audit, Clock clock) {
    this.audit = audit;
    this.clock = clock;
  }

  /** Note a request that was refused. */
  void request(Operator by, HttpServletRequest request, String why) {
    note(
        by,
        Act.REFUSED,
        Thing.request(request.getMethod() + " " + RequestKind.path(request)),
        request,
        why);
  }

  /**
   * Note a sign-in that failed or came too early.
   *
   * @param user a name that is known here; others may be passwords in the wrong field
   */
  void signIn(Act act, String user, HttpServletRequest request, String why) {
    note(AuditLog.SOMEBODY, act, Thing.user(user), request, why);
  }

  private void note(Operator by, Act act, Thing thing, HttpServletRequest request, String why) {
    boolean nobody = by.equals(AuditLog.SOMEBODY) && act == Act.REFUSED;
    var kind =
        new Kind(
            by.name(),
            act,
            nobody ? ANYTHING : thing,
            String.valueOf(request.getRemoteAddr()),
            why);
    // names of users and tokens are known: there are only so many
    var due = due(kind, act == Act.REFUSED ? by.name() : SIGN_INS);
    if (due == null) {
      return;
    }
    var facts = Facts.of("why", why);
    if (due.before > 0) {
      facts = facts.and("also before this", due.before);
    }
    if (due.leftOut > 0) {
      facts = facts.and("others left out before this", due.leftOut);
    }
    try {
      audit.note(by, act, thing, Facts.NONE, facts);
    } catch (DataAccessException | TransactionException e) {
      // what was refused stays refused
      log.warn("A refusal could not be noted in the audit log: {}", e.getMessage());
    }
  }

  /** Give how many were left out before this one; null if this one is left out, too. */
  private synchronized @Nullable Due due(Kind kind, String whose) {
    var now = clock.instant();
    var budget = budgets.computeIfAbsent(whose, name -> new Budget());
    if (!now.isBefore(budget.minute.plus(PAUSE))) {
      budget.minute = now;
      budget.noted = 0;
    }
    var last = noted.get(kind);
    if (last != null && now.isBefore(last.at.plus(PAUSE))) {
      noted.put(kind, new Noted(last.at, last.leftOut + 1));
      return null;
    }
    if (budget.noted >= MOST_PER_PAUSE) {
      budget.leftOut++;
      return null;
    }
    budget.noted++;
    noted.put(kind, new Noted(now, 0));
    var due = new Due(last == null ? 0 : last.leftOut, budget.leftOut);
    budget.leftOut = 0;
    return due;
  }

  private record Kind(String by, Act act, Thing thing, String address, String why) {}

  private record Noted(Instant at, long leftOut) {}

  /** How many of the same kind were left out, and how many others, as there were too many. */
  private record Due(long before, long leftOut) {}

  private static final class Budget {
    private Instant minute = Instant.EPOCH;
    private int noted;
    private long leftOut;
  }
}
