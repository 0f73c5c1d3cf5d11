package org.dcbalance.console;

import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.Problem;
import org.jspecify.annotations.Nullable;

/**
 * Hold what a client is told about a failed request.
 *
 * @param status HTTP status
 * @param sentence what was wrong
 * @param advice what to do, starting with "Maybe", or null
 */
record Trouble(int status, ErrorCode code, String sentence, @Nullable String advice) {
  static Trouble of(Problem problem) {
    return of(problem.code(), problem.sentence(), problem.advice());
  }

  static Trouble of(ErrorCode code, String sentence, @Nullable String advice) {
    return new Trouble(code.httpStatus(), code, sentence, advice);
  }

  /** Word a bare HTTP status, for refusals of the server before any of our code ran. */
  static Trouble of(int status, String path) {
    return switch (status) {
      case 400 ->
          of(
              ErrorCode.BAD_REQUEST,
              "The request cannot be understood.",
              "Maybe go back and retry.");
      case 401 -> of(ErrorCode.SIGNED_OUT, "Nobody is signed in.", "Maybe sign in first.");
      case 403 ->
          of(
              ErrorCode.FORBIDDEN,
              "Your role does not allow this. Nothing was changed.",
              "Maybe ask an administrator.");
      case 404 -> noSuchPage(path);
      case 413 -> new Trouble(status, ErrorCode.BAD_REQUEST, "The request is too large.", null);
      default ->
          status < 500
              ? new Trouble(
                  status,
                  ErrorCode.BAD_REQUEST,
                  "The request was refused.",
                  "Maybe go back and retry.")
              : internal();
    };
  }

  static Trouble noSuchPage(String path) {
    return of(
        ErrorCode.NOT_FOUND,
        "There is nothing at " + path + ".",
        "Maybe it was removed, or the address has a typing error.");
  }

  static Trouble internal() {
    return of(
        ErrorCode.INTERNAL,
        "DCbalance made a mistake while it answered this request.",
        "Maybe reload to see what took effect, and look for the request id in the console's log.");
  }
}
