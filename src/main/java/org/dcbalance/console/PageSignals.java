package org.dcbalance.console;

import org.dcbalance.inventory.InventoryChanged;
import org.dcbalance.inventory.PoolChanged;
import org.dcbalance.live.Signals;
import org.dcbalance.recommendation.RecommendationsChanged;
import org.dcbalance.recommendation.RoundFinished;
import org.dcbalance.telemetry.SamplesCollected;
import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;

/** Tell open pages what changed, in the names that they listen for. */
@Component
class PageSignals {
  private final Signals signals;

  PageSignals(Signals signals) {
    this.signals = signals;
  }

  @EventListener
  void on(SamplesCollected event) {
    signals.publish("samples", event.host().value());
  }

  @EventListener
  void on(InventoryChanged event) {
    signals.publish("inventory-changed", event.host().value());
  }

  @EventListener
  void on(PoolChanged event) {
    signals.publish("inventory-changed", 0);
    // one that is paused, or only observes, lets nothing be approved
    signals.publish("recommendations-changed", event.pool().value());
  }

  @EventListener
  void on(RoundFinished event) {
    signals.publish("round-finished", event.round());
  }

  @EventListener
  void on(RecommendationsChanged event) {
    signals.publish("recommendations-changed", event.pool().value());
  }
}
