package org.dcbalance.console;

import java.util.stream.Collectors;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.Problem;
import org.jspecify.annotations.Nullable;
import org.springframework.http.converter.HttpMessageNotReadableException;
import tools.jackson.core.JacksonException;
import tools.jackson.core.exc.StreamReadException;
import tools.jackson.databind.DatabindException;
import tools.jackson.databind.exc.MismatchedInputException;
import tools.jackson.databind.exc.UnrecognizedPropertyException;

/** Say what is wrong with a JSON body: where, and what was expected there. */
final class UnreadableBody {
  private UnreadableBody() {}

  static Trouble trouble(HttpMessageNotReadableException unreadable) {
    return switch (unreadable.getCause()) {
      case UnrecognizedPropertyException unknown -> unknown(unknown);
      case DatabindException wrong when wrong.getCause() instanceof Problem problem ->
          Trouble.of(problem);
      case DatabindException wrong when wrong.getCause() instanceof IllegalArgumentException rule ->
          bad("\"%s\": %s".formatted(path(wrong), rule.getMessage()), null);
      case MismatchedInputException wrong when path(wrong).isEmpty() ->
          bad(
              "The body is not what is expected here.",
              "Maybe send " + Expected.words(wrong.getTargetType()) + ".");
      case MismatchedInputException wrong ->
          bad(
              "\"" + path(wrong) + "\" has a value that cannot be read.",
              "Maybe give " + Expected.words(wrong.getTargetType()) + ".");
      case StreamReadException broken -> broken(broken);
      case null, default ->
          bad(
              "The request needs a body, in JSON.",
              "Maybe send \"Content-Type: application/json\".");
    };
  }

  private static Trouble unknown(UnrecognizedPropertyException unknown) {
    var known = unknown.getKnownPropertyIds();
    return bad(
        "There is no property \"" + unknown.getPropertyName() + "\" here.",
        known == null || known.isEmpty()
            ? "Maybe leave it out."
            : "Maybe it is one of: "
                + known.stream().map(String::valueOf).sorted().collect(Collectors.joining(", "))
                + ".");
  }

  private static Trouble broken(JacksonException broken) {
    var at = broken.getLocation();
    return bad(
        at == null
            ? "The body is not JSON."
            : "The body is not JSON: line %d, column %d."
                .formatted(at.getLineNr(), at.getColumnNr()),
        "Maybe look for a missing quote, comma or bracket there.");
  }

  private static String path(JacksonException wrong) {
    return wrong.getPath().stream()
        .map(
            step ->
                step.getPropertyName() == null
                    ? "[" + step.getIndex() + "]"
                    : step.getPropertyName())
        .collect(Collectors.joining("."))
        .replace(".[", "[");
  }

  private static Trouble bad(String sentence, @Nullable String advice) {
    return Trouble.of(ErrorCode.BAD_REQUEST, sentence, advice);
  }
}
