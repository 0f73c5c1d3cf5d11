package org.dcbalance.migration;

import org.dcbalance.inventory.BeforeMove;
import org.dcbalance.inventory.Connections;
import org.dcbalance.inventory.Hosts;
import org.dcbalance.inventory.Pools;
import org.dcbalance.inventory.Vms;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Wires what the drives of migrations work with. */
@Configuration(proxyBeanMethods = false)
class MigrationConfiguration {
  @Bean
  MigrationDrive.Tools migrationTools(
      MigrationDesk desk,
      MigrationSettings settings,
      PreFlightChecks checks,
      StillWanted wanted,
      Connections connections,
      Vms vms,
      Hosts hosts,
      Pools pools,
      Arrivals arrivals,
      MoveFacts facts,
      LeftOvers leftOvers,
      HalfCopies halfCopies,
      LeftDefinitions leftDefinitions,
      ObjectProvider<BeforeMove> before) {
    return new MigrationDrive.Tools(
        desk,
        settings,
        checks,
        wanted,
        connections,
        vms,
        hosts,
        pools,
        arrivals,
        facts,
        leftOvers,
        halfCopies,
        leftDefinitions,
        before.getIfAvailable());
  }
}
