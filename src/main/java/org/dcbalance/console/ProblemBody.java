package org.dcbalance.console;

import jakarta.servlet.http.HttpServletRequest;
import org.dcbalance.access.RequestKind;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;

/**
 * Describe a failed request of the API, as RFC 9457 lays it out, with three members of our own.
 *
 * @param detail what was wrong, a sentence for people
 * @param advice what to do, or null
 * @param code what programs may branch on
 * @param requestId what to look for in the log
 */
record ProblemBody(
    String type,
    String title,
    int status,
    String detail,
    @Nullable String advice,
    String code,
    @Nullable String requestId,
    String instance) {
  static ProblemBody of(Trouble trouble, HttpServletRequest request) {
    var status = HttpStatus.resolve(trouble.status());
    return new ProblemBody(
        "about:blank",
        status == null ? "Error" : status.getReasonPhrase(),
        trouble.status(),
        trouble.sentence(),
        trouble.advice(),
        trouble.code().name(),
        RequestIds.of(request),
        RequestKind.path(request));
  }
}
