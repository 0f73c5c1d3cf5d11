package org.dcbalance.pages;

import org.dcbalance.access.Role;
import org.junit.jupiter.api.BeforeEach;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.security.crypto.password.PasswordEncoder;

/** Have the simulated pool behind the pages, and people of each role in front of them. */
abstract class SimulatedPages {
  @LocalServerPort int port;
  @Autowired JdbcClient jdbc;
  @Autowired PasswordEncoder encoder;
  SimulatedFleet fleet;

  @BeforeEach
  void find() {
    fleet = new SimulatedFleet(jdbc);
  }

  SignedIn as(Role role) {
    return SignedIn.as(role, port, jdbc, encoder);
  }
}
