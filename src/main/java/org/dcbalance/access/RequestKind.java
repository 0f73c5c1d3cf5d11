package org.dcbalance.access;

import jakarta.servlet.RequestDispatcher;
import jakarta.servlet.http.HttpServletRequest;
import java.util.List;

/** Say what kind of answer a request expects, so that refusals and errors come in that form. */
public enum RequestKind {
  /** A program: JSON. */
  API,
  /** A part of a page that fetches itself: a piece of HTML. */
  FRAGMENT,
  /** A person: a whole page. */
  PAGE;

  /** Request attribute that carries a {@code Problem} to the error page. */
  public static final String PROBLEM = RequestKind.class.getPackageName() + ".problem";

  private static final List<String> FOR_PROGRAMS = List.of("/api/", "/v3/", "/actuator/");

  public static RequestKind of(HttpServletRequest request) {
    var path = path(request);
    if (path.equals("/live") || FOR_PROGRAMS.stream().anyMatch(path::startsWith)) {
      return API;
    }
    return "true".equals(request.getHeader("HX-Request")) ? FRAGMENT : PAGE;
  }

  /** Give the path that the client asked for, also while an error page is being made for it. */
  public static String path(HttpServletRequest request) {
    var failed = request.getAttribute(RequestDispatcher.ERROR_REQUEST_URI);
    var uri = failed == null ? request.getRequestURI() : failed.toString();
    return uri.substring(Math.min(uri.length(), request.getContextPath().length()));
  }
}
