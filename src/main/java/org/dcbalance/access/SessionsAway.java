package org.dcbalance.access;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpSession;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.dao.DataAccessException;
import org.springframework.security.web.csrf.CsrfToken;
import org.springframework.session.web.http.SessionRepositoryFilter;
import org.springframework.transaction.TransactionException;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * Say that the database is away where it is sessions that cannot be read, and make the page that
 * says so without asking for a session again.
 */
@Configuration(proxyBeanMethods = false)
class SessionsAway {
  private static final Logger log = LoggerFactory.getLogger(SessionsAway.class);
  private static final String AWAY = SessionsAway.class.getName();

  /** Outside of what reads sessions: failures of controllers never come this far. */
  @Bean
  FilterRegistrationBean<OncePerRequestFilter> noticeThatSessionsAreAway() {
    return before(new Notice(), SessionRepositoryFilter.DEFAULT_ORDER - 1);
  }

  /** Inside of what reads sessions; also for files, which have to come while they are away. */
  @Bean
  FilterRegistrationBean<OncePerRequestFilter> doWithoutSessions() {
    return before(new Without(), SessionRepositoryFilter.DEFAULT_ORDER + 1);
  }

  private static FilterRegistrationBean<OncePerRequestFilter> before(
      OncePerRequestFilter filter, int order) {
    var registration = new FilterRegistrationBean<>(filter);
    registration.setOrder(order);
    return registration;
  }

  private static final class Notice extends OncePerRequestFilter {
    @Override
    protected void doFilterInternal(
        HttpServletRequest request, HttpServletResponse response, FilterChain chain)
        throws ServletException, IOException {
      try {
        chain.doFilter(request, response);
      } catch (DataAccessException | TransactionException e) {
        if (response.isCommitted()) {
          throw e;
        }
        log.warn("A session could not be read: {}", e.getMessage());
        // the page that says so is made without them
        request.setAttribute(AWAY, true);
        request.removeAttribute("_csrf");
        request.removeAttribute(CsrfToken.class.getName());
        request.setAttribute(RequestKind.PROBLEM, Refusals.databaseAway(e));
        response.sendError(HttpServletResponse.SC_SERVICE_UNAVAILABLE);
      }
    }
  }

  private static final class Without extends OncePerRequestFilter {
    @Override
    protected boolean shouldNotFilterErrorDispatch() {
      return false;
    }

    @Override
    protected void doFilterInternal(
        HttpServletRequest request, HttpServletResponse response, FilterChain chain)
        throws ServletException, IOException {
      chain.doFilter(
          request.getAttribute(AWAY) == null && !file(request) ? request : new Sessionless(request),
          response);
    }

    /** The front end's files are the same for everybody. */
    private static boolean file(HttpServletRequest request) {
      return RequestKind.path(request).startsWith("/app/");
    }
  }

  private static final class Sessionless extends HttpServletRequestWrapper {
    Sessionless(HttpServletRequest request) {
      super(request);
    }

    @Override
    public @Nullable HttpSession getSession(boolean create) {
      if (create) {
        throw new IllegalStateException("This request is answered without a session.");
      }
      return null;
    }

    @Override
    public @Nullable HttpSession getSession() {
      return getSession(true);
    }

    /** Even its id is only told after the session was looked up. */
    @Override
    public @Nullable String getRequestedSessionId() {
      return null;
    }

    @Override
    public boolean isRequestedSessionIdValid() {
      return false;
    }
  }
}
