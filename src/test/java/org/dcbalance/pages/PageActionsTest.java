package org.dcbalance.pages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.dcbalance.testing.ChromiumInstalled;
import org.dcbalance.testing.ConsolePagesTest;
import org.dcbalance.testing.NodeModules;
import org.dcbalance.testing.Route;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.function.Executable;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.web.servlet.mvc.method.RequestMappingInfoHandlerMapping;

/**
 * Every page of the console in a real browser: with nothing to show, with something that cannot be,
 * and doing what it is for. A page that is not in the table fails, and so does one in which
 * axe-core finds something serious while it has nothing to show or says why not.
 */
@ConsolePagesTest
@ExtendWith({ChromiumInstalled.class, NodeModules.class})
class PageActionsTest {
  @LocalServerPort private int port;
  @Autowired private JdbcClient jdbc;
  @Autowired private List<RequestMappingInfoHandlerMapping> mappings;
  private Visitor visitor;
  private ActStage stage;
  private Axe axe;

  @BeforeAll
  static void install() throws Exception {
    NodeModules.install();
  }

  @BeforeEach
  void visit() throws IOException {
    visitor = new Visitor(port);
    stage = new ActStage(jdbc, visitor);
    axe = new Axe();
  }

  @AfterEach
  void leave() {
    stage.close();
    visitor.close();
  }

  @TestFactory
  Stream<DynamicNode> everyPageActs() {
    var table = table();
    assertThat(table.keySet())
        .as("Maybe add what is done on a new page, to the acts that are like it.")
        .containsExactlyInAnyOrderElementsOf(
            Route.all(mappings).stream()
                .filter(Route::page)
                .map(Route::path)
                .collect(Collectors.toSet()));
    return table.entrySet().stream().map(row -> node(row.getKey(), row.getValue()));
  }

  private Map<String, PageActs> table() {
    var table = new LinkedHashMap<String, PageActs>();
    // the first signs in
    table.putAll(new SetupActs(stage).table());
    table.putAll(new MoveActs(stage).table());
    table.putAll(new CheckpointActs(stage).table());
    // moves that it begins would take the others' slots
    table.putAll(new FleetActs(stage).table());
    // what they look at has happened by now
    table.putAll(new HistoryActs(stage).table());
    return table;
  }

  private DynamicNode node(String page, PageActs acts) {
    return dynamicContainer(
        page,
        Stream.of(
            dynamicTest(page + " with nothing", looked(acts.empty())),
            dynamicTest(page + " with what cannot be", looked(acts.error())),
            dynamicTest(page + " does what it is for", acts.main())));
  }

  private Executable looked(Executable act) {
    return () -> {
      act.execute();
      visitor.isAccessible(axe);
    };
  }
}
