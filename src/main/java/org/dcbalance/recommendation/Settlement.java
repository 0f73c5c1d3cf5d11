package org.dcbalance.recommendation;

import java.time.Clock;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;

/** Close a recommendation when its move has ended. */
@Component
class Settlement {
  private final Recommendations recommendations;
  private final Automation automation;
  private final ApplicationEventPublisher publisher;
  private final Clock clock;

  Settlement(
      Recommendations recommendations,
      Automation automation,
      ApplicationEventPublisher publisher,
      Clock clock) {
    this.recommendations = recommendations;
    this.automation = automation;
    this.publisher = publisher;
    this.clock = clock;
  }

  @EventListener
  @Transactional(propagation = Propagation.MANDATORY)
  public void on(MoveSettled settled) {
    var id = settled.recommendationId();
    if (id == null) {
      return;
    }
    recommendations
        .lockById(id)
        .ifPresent(
            recommendation -> {
              recommendation.settle(settled.succeeded(), settled.sentence(), clock.instant());
              recommendations.save(recommendation);
            });
    automation.fallBackIfNeeded(settled.pool());
    publisher.publishEvent(new RecommendationsChanged(settled.pool()));
  }
}
