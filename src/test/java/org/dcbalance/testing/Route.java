package org.dcbalance.testing;

import java.util.Collection;
import java.util.SortedSet;
import java.util.TreeSet;
import org.springframework.web.servlet.mvc.method.RequestMappingInfoHandlerMapping;

/** A route of the running console. */
public record Route(String method, String path) implements Comparable<Route> {
  private static final String VARIABLE = "\\{\\*?[a-zA-Z]+}";

  /** List all routes of a console but those that tests bring along. */
  public static SortedSet<Route> all(Collection<RequestMappingInfoHandlerMapping> mappings) {
    var routes = new TreeSet<Route>();
    for (var mapping : mappings) {
      mapping
          .getHandlerMethods()
          .forEach(
              (info, handler) -> {
                if (handler.getBeanType().getPackageName().startsWith("org.dcbalance.testing")) {
                  return;
                }
                for (var path : info.getPatternValues()) {
                  var methods = info.getMethodsCondition().getMethods();
                  if (methods.isEmpty()) {
                    routes.add(new Route("GET", path));
                  }
                  methods.forEach(method -> routes.add(new Route(method.name(), path)));
                }
              });
    }
    return routes;
  }

  /** Tell whether it is for programs. */
  public boolean program() {
    return path.startsWith("/api/") || path.startsWith("/v3/") || path.startsWith("/actuator/");
  }

  public boolean changes() {
    return !method.equals("GET");
  }

  /** Tell whether a person opens it in a browser. */
  public boolean page() {
    return !changes() && !program() && !path.equals("/live") && !path.equals("/actuator");
  }

  /** Tell whether it is about one thing, which its path names. */
  public boolean ofOneThing() {
    return path.contains("{");
  }

  /** Tell whether it serves an address; what it is about has a number there. */
  public boolean serves(String address) {
    return address.matches(path.replaceAll(VARIABLE, "[0-9]+"));
  }

  /** Give an address that the route serves, of things that do not exist. */
  public String address() {
    return address(999999999);
  }

  /** Give the address that the route serves of the thing with this id. */
  public String address(long id) {
    return path.replaceAll(VARIABLE, Long.toString(id)).replace("/**", "/x");
  }

  @Override
  public int compareTo(Route other) {
    return (path + " " + method).compareTo(other.path + " " + other.method);
  }
}
