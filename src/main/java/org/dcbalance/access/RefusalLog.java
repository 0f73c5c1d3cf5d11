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
import org.dcbalance.units.Operator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.stereotype.Component;
import org.springframework.transaction.TransactionException;

/**
 * Note in the audit log who was kept from doing what. Anybody can cause refusals, so the same one
 * from the same address is noted once a minute, with how many came since, and no more than 120 a
 * minute are noted in all: a log that cannot be shortened must not be filled from outside.
 */
@Component
class RefusalLog {
  static final Duration PAUSE = Duration.ofMinutes(1);
  static final int MOST_PER_PAUSE = 120;

  private static final Logger log = LoggerFactory.getLogger(RefusalLog.class);
  private static final int KEPT = 2_000;

  private final AuditLog audit;
  private final Clock clock;
  private final Map<Kind, Noted> noted =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Kind, Noted> eldest) {
          return size() > KEPT;
        }
      };
  private Instant minute = Instant.EPOCH;
  private int inThisMinute;
  private long leftOut;

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
    var kind = new Kind(by.name(), act, thing, String.valueOf(request.getRemoteAddr()), why);
    var before = due(kind);
    if (before < 0) {
      return;
    }
    var facts = Facts.of("why", why);
    try {
      audit.note(
          by, act, thing, Facts.NONE, before == 0 ? facts : facts.and("also before this", before));
    } catch (DataAccessException | TransactionException e) {
      // what was refused stays refused
      log.warn("A refusal could not be noted in the audit log: {}", e.getMessage());
    }
  }

  /** Give how many of the kind were left out before this one; -1 if this one is left out, too. */
  private synchronized long due(Kind kind) {
    var now = clock.instant();
    if (!now.isBefore(minute.plus(PAUSE))) {
      if (leftOut > 0) {
        log.warn("{} refusals of the last minute are not in the audit log.", leftOut);
      }
      minute = now;
      inThisMinute = 0;
      leftOut = 0;
    }
    var last = noted.get(kind);
    boolean again = last != null && now.isBefore(last.at.plus(PAUSE));
    if (again || inThisMinute >= MOST_PER_PAUSE) {
      leftOut++;
      if (last != null) {
        noted.put(kind, new Noted(last.at, last.leftOut + 1));
      }
      return -1;
    }
    inThisMinute++;
    noted.put(kind, new Noted(now, 0));
    return last == null ? 0 : last.leftOut;
  }

  private record Kind(String by, Act act, Thing thing, String address, String why) {}

  private record Noted(Instant at, long leftOut) {}
}
