package org.dcbalance.console;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.MDC;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.stereotype.Component;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * Give every request an id that the answer, the log and error pages share. A sane one that the
 * client sent is kept.
 */
@Component
@Order(Ordered.HIGHEST_PRECEDENCE)
class RequestIds extends OncePerRequestFilter {
  static final String HEADER = "X-Request-Id";

  private static final String KEY = "requestId";
  private static final String ATTRIBUTE = RequestIds.class.getName();
  private static final Pattern SANE = Pattern.compile("[A-Za-z0-9._-]{1,64}");

  static @Nullable String of(HttpServletRequest request) {
    return (String) request.getAttribute(ATTRIBUTE);
  }

  @Override
  protected void doFilterInternal(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws ServletException, IOException {
    var sent = request.getHeader(HEADER);
    var id =
        sent != null && SANE.matcher(sent).matches()
            ? sent
            : HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong());
    request.setAttribute(ATTRIBUTE, id);
    response.setHeader(HEADER, id);
    try (var inLog = MDC.putCloseable(KEY, id)) {
      chain.doFilter(request, response);
    }
  }
}
