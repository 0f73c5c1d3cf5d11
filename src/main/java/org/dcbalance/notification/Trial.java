package org.dcbalance.notification;

import java.time.Clock;
import org.dcbalance.audit.Act;
import org.dcbalance.audit.AuditLog;
import org.dcbalance.audit.Facts;
import org.dcbalance.audit.Thing;
import org.dcbalance.units.Operator;
import org.springframework.stereotype.Component;

/** Send a test message at once, while whoever asked waits for what comes of it. */
@Component
public class Trial {
  private final DestinationDesk desk;
  private final Sending sending;
  private final NotificationSettings settings;
  private final AuditLog audit;
  private final Clock clock;

  Trial(
      DestinationDesk desk,
      Sending sending,
      NotificationSettings settings,
      AuditLog audit,
      Clock clock) {
    this.desk = desk;
    this.sending = sending;
    this.settings = settings;
    this.audit = audit;
    this.clock = clock;
  }

  /** Try a destination, also one that is switched off. */
  public Outcome send(long id, Operator by) {
    var to = desk.find(id).destination();
    var outcome = sending.send(to, Message.test(by.name(), clock.instant(), settings.consoleUrl()));
    audit.note(
        by,
        Act.DESTINATION_TESTED,
        Thing.destination(id, to.name()),
        Facts.NONE,
        Facts.of("outcome", outcome.sentence()));
    return outcome;
  }
}
