package org.dcbalance.notification;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Look at what was sent, waits, or was given up. */
@Component
public class Deliveries {
  private final Outbox outbox;

  Deliveries(Outbox outbox) {
    this.outbox = outbox;
  }

  /**
   * List deliveries with an id below the given one, newest first; of all destinations with null.
   */
  public List<Delivery> list(@Nullable Long destination, long before, int most) {
    return outbox.list(destination, before, most);
  }
}
