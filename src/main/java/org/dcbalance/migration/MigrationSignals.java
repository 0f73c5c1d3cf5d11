package org.dcbalance.migration;

import org.dcbalance.live.Signals;
import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;

/** Tell open pages that a migration changed or went on. */
@Component
class MigrationSignals {
  private final Signals signals;

  MigrationSignals(Signals signals) {
    this.signals = signals;
  }

  @EventListener
  void on(MigrationQueued queued) {
    signals.publish("migration-changed", queued.id());
  }

  @EventListener
  void on(MigrationChanged changed) {
    signals.publish("migration-changed", changed.id());
  }

  @EventListener
  void on(MigrationProgressed progressed) {
    signals.publish("progress", progressed.id());
  }
}
