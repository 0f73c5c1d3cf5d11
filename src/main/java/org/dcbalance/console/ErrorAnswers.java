package org.dcbalance.console;

import jakarta.servlet.RequestDispatcher;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.dcbalance.access.RequestKind;
import org.dcbalance.csv.Csv;
import org.dcbalance.units.Problem;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.webmvc.error.ErrorController;
import org.springframework.context.annotation.Bean;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.ControllerAdvice;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.context.request.async.AsyncRequestNotUsableException;
import org.springframework.web.servlet.ModelAndView;
import org.springframework.web.servlet.function.RequestPredicates;
import org.springframework.web.servlet.function.RouterFunction;
import org.springframework.web.servlet.function.RouterFunctions;
import org.springframework.web.servlet.function.ServerRequest;
import org.springframework.web.servlet.function.ServerResponse;
import org.springframework.web.util.HtmlUtils;
import org.springframework.web.util.WebUtils;

/**
 * Answer failed requests, the only place where that is done: problem+json for programs, a line of
 * HTML for fragments, the template {@code error} (status, sentence, advice, requestId) for pages.
 */
@ControllerAdvice
class ErrorAnswers implements ErrorController {
  private static final Logger log = LoggerFactory.getLogger(ErrorAnswers.class);
  private static final MediaType HTML = new MediaType(MediaType.TEXT_HTML, StandardCharsets.UTF_8);

  private final Troubles troubles;

  ErrorAnswers(Troubles troubles) {
    this.troubles = troubles;
  }

  /** Answer what a controller threw. */
  @ExceptionHandler
  @Nullable Object thrown(
      Exception failure, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    // Spring has taken the content type off an answer of which nothing was sent yet
    boolean table = RequestKind.path(request).endsWith(".csv");
    if (failure instanceof AsyncRequestNotUsableException
        || (response.isCommitted() && (failure instanceof IOException || !table))) {
      // the client has gone, or has half an answer: there is nobody to tell
      log.debug("An answer broke off.", failure);
      return null;
    }
    var trouble = troubles.of(failure, request);
    note(trouble, failure, request);
    if (response.isCommitted()) {
      // half a table must not pass for a whole one
      var _ = new Csv(response.getWriter(), "This table is not whole. " + trouble.sentence());
      return null;
    }
    if (table) {
      // nothing of it was sent yet: the answer must not be saved as the table
      response.reset();
      response.setHeader(RequestIds.HEADER, RequestIds.of(request));
    }
    return switch (RequestKind.of(request)) {
      case API ->
          ResponseEntity.status(trouble.status())
              .contentType(MediaType.APPLICATION_PROBLEM_JSON)
              .body(ProblemBody.of(trouble, request));
      case FRAGMENT ->
          ResponseEntity.status(trouble.status()).contentType(HTML).body(fragment(trouble));
      case PAGE ->
          new ModelAndView(
              "error", model(trouble, request), HttpStatusCode.valueOf(trouble.status()));
    };
  }

  /**
   * Answer what failed outside of controllers: in filters, in templates, in the server.
   *
   * <p>A route and not a controller: model attributes that pages share may need the database, and
   * an error page must not.
   */
  @Bean
  RouterFunction<ServerResponse> errorPage() {
    return RouterFunctions.route(RequestPredicates.path("/error"), this::failed);
  }

  private ServerResponse failed(ServerRequest asked) {
    var request = asked.servletRequest();
    var trouble = find(request);
    var answer = ServerResponse.status(trouble.status());
    return switch (RequestKind.of(request)) {
      case API ->
          answer
              .contentType(MediaType.APPLICATION_PROBLEM_JSON)
              .body(ProblemBody.of(trouble, request));
      case FRAGMENT -> answer.contentType(HTML).body(fragment(trouble));
      case PAGE -> answer.contentType(HTML).render("error", model(trouble, request));
    };
  }

  private Trouble find(HttpServletRequest request) {
    if (request.getAttribute(RequestKind.PROBLEM) instanceof Problem problem) {
      return Trouble.of(problem);
    }
    if (request.getAttribute(RequestDispatcher.ERROR_EXCEPTION) instanceof Throwable failure) {
      var trouble = troubles.of(failure, request);
      note(trouble, failure, request);
      return trouble;
    }
    var status = request.getAttribute(RequestDispatcher.ERROR_STATUS_CODE);
    return Trouble.of(status instanceof Integer code ? code : 404, RequestKind.path(request));
  }

  private static void note(Trouble trouble, Throwable failure, HttpServletRequest request) {
    switch (trouble.code()) {
      case INTERNAL ->
          log.error(
              "{} {} failed (request {}).",
              request.getMethod(),
              RequestKind.path(request),
              RequestIds.of(request),
              failure);
      case UNAVAILABLE, HYPERVISOR ->
          log.warn("{} {}: {}", request.getMethod(), RequestKind.path(request), failure.toString());
      case BAD_REQUEST, SIGNED_OUT, FORBIDDEN, NOT_FOUND, CONFLICT, REFUSED, TOO_MANY ->
          log.debug("{} {}", request.getMethod(), RequestKind.path(request), failure);
    }
  }

  private static String fragment(Trouble trouble) {
    var advice = trouble.advice();
    return "<p class=\"problem\" role=\"alert\">"
        + HtmlUtils.htmlEscape(trouble.sentence())
        + (advice == null
            ? ""
            : " <span class=\"advice\">" + HtmlUtils.htmlEscape(advice) + "</span>")
        + "</p>";
  }

  private static Map<String, @Nullable Object> model(Trouble trouble, HttpServletRequest request) {
    var model = new HashMap<String, @Nullable Object>();
    model.put("status", trouble.status());
    model.put("sentence", trouble.sentence());
    model.put("advice", trouble.advice());
    model.put("requestId", RequestIds.of(request));
    var theme = WebUtils.getCookie(request, "theme");
    model.put("theme", theme == null ? "system" : theme.getValue());
    return model;
  }
}
