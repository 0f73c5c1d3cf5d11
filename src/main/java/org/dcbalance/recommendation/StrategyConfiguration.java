package org.dcbalance.recommendation;

import org.dcbalance.strategy.DcBalance;
import org.dcbalance.strategy.Strategy;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
class StrategyConfiguration {
  @Bean
  Strategy strategy() {
    return new DcBalance();
  }
}
