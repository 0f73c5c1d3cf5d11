package org.dcbalance.console;

import jakarta.validation.ConstraintViolationException;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.dcbalance.units.ErrorCode;
import org.springframework.validation.BindingResult;
import org.springframework.validation.FieldError;
import org.springframework.web.method.annotation.HandlerMethodValidationException;

/** Word what validation found: every broken rule with the name of the value that broke it. */
final class BrokenRules {
  private BrokenRules() {}

  static Trouble of(BindingResult found) {
    return trouble(
        found.getAllErrors().stream()
            .map(
                error ->
                    error instanceof FieldError field && field.isBindingFailure()
                        ? "\"%s\" cannot be %s"
                            .formatted(field.getField(), field.getRejectedValue())
                        : error instanceof FieldError field
                            ? "\"%s\" %s".formatted(field.getField(), field.getDefaultMessage())
                            : String.valueOf(error.getDefaultMessage())));
  }

  static Trouble of(HandlerMethodValidationException found) {
    return trouble(
        found.getParameterValidationResults().stream()
            .flatMap(
                result ->
                    result.getResolvableErrors().stream()
                        .map(
                            error ->
                                "\"%s\" %s"
                                    .formatted(
                                        result.getMethodParameter().getParameterName(),
                                        error.getDefaultMessage()))));
  }

  static Trouble of(ConstraintViolationException found) {
    return trouble(
        found.getConstraintViolations().stream()
            .map(broken -> "\"%s\" %s".formatted(broken.getPropertyPath(), broken.getMessage())));
  }

  private static Trouble trouble(Stream<String> rules) {
    return Trouble.of(
        ErrorCode.BAD_REQUEST,
        rules.sorted().collect(Collectors.joining("; ")) + ". Nothing was changed.",
        "Maybe correct this and send it again.");
  }
}
