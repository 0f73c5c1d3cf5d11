package org.dcbalance.console;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.validation.ConstraintViolationException;
import java.util.stream.Collectors;
import org.dcbalance.access.RequestKind;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.Problem;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.ConversionNotSupportedException;
import org.springframework.beans.TypeMismatchException;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.dao.OptimisticLockingFailureException;
import org.springframework.http.HttpMethod;
import org.springframework.http.converter.HttpMessageNotReadableException;
import org.springframework.security.web.firewall.RequestRejectedException;
import org.springframework.stereotype.Component;
import org.springframework.validation.BindException;
import org.springframework.web.ErrorResponse;
import org.springframework.web.HttpMediaTypeNotAcceptableException;
import org.springframework.web.HttpMediaTypeNotSupportedException;
import org.springframework.web.HttpRequestMethodNotSupportedException;
import org.springframework.web.bind.MethodArgumentNotValidException;
import org.springframework.web.bind.MissingServletRequestParameterException;
import org.springframework.web.method.annotation.HandlerMethodValidationException;
import org.springframework.web.method.annotation.MethodArgumentTypeMismatchException;
import org.springframework.web.multipart.MaxUploadSizeExceededException;
import org.springframework.web.servlet.resource.NoResourceFoundException;

/** Find the sentence for every exception that can come out of a controller. */
@Component
class Troubles {
  Trouble of(Throwable failure, HttpServletRequest request) {
    var away = DatabaseTrouble.find(failure);
    if (away.isPresent()) {
      return away.get();
    }
    return switch (failure) {
      case Problem problem -> Trouble.of(problem);
      case HypervisorException hypervisor ->
          Trouble.of(
              ErrorCode.HYPERVISOR,
              hypervisor.sentence(),
              "Maybe look at the host's page: it shows whether the host answers.");
      case HttpMessageNotReadableException large
          when NestedExceptionUtils.getMostSpecificCause(large)
              instanceof MaxUploadSizeExceededException ->
          tooLarge();
      case HttpMessageNotReadableException unreadable -> UnreadableBody.trouble(unreadable);
      case MethodArgumentNotValidException invalid -> BrokenRules.of(invalid.getBindingResult());
      case BindException invalid -> BrokenRules.of(invalid.getBindingResult());
      case HandlerMethodValidationException invalid -> BrokenRules.of(invalid);
      case ConstraintViolationException invalid -> BrokenRules.of(invalid);
      case MethodArgumentTypeMismatchException wrong -> wrongType(wrong.getName(), wrong);
      case ConversionNotSupportedException ours -> Trouble.internal();
      case TypeMismatchException wrong -> wrongType(wrong.getPropertyName(), wrong);
      case MissingServletRequestParameterException missing ->
          Trouble.of(
              ErrorCode.BAD_REQUEST,
              "The parameter \"" + missing.getParameterName() + "\" is missing.",
              "Maybe add ?" + missing.getParameterName() + "= to the address.");
      case OptimisticLockingFailureException lost ->
          Trouble.of(
              ErrorCode.CONFLICT,
              "Somebody else changed this at the same moment. Your change was not made.",
              "Maybe load it again and repeat the change.");
      case DataIntegrityViolationException wrong when DatabaseTrouble.noValue(wrong) ->
          Trouble.of(
              ErrorCode.BAD_REQUEST,
              "A value is too large, too long, or has a character that cannot be stored."
                  + " Nothing was changed.",
              "Maybe correct it and send it again.");
      case DataIntegrityViolationException clash ->
          Trouble.of(
              ErrorCode.CONFLICT,
              "This does not fit what is stored already. Nothing was changed.",
              "Maybe something of that name exists, or other things still refer to it.");
      case NoResourceFoundException missing -> Trouble.noSuchPage(RequestKind.path(request));
      case HttpRequestMethodNotSupportedException wrong -> wrongMethod(wrong, request);
      case HttpMediaTypeNotSupportedException wrong ->
          new Trouble(
              415,
              ErrorCode.BAD_REQUEST,
              "The content type " + wrong.getContentType() + " is not understood here.",
              "Maybe send \"Content-Type: application/json\".");
      case HttpMediaTypeNotAcceptableException wrong ->
          new Trouble(
              406,
              ErrorCode.BAD_REQUEST,
              "There is no answer in a form that the request accepts.",
              "Maybe send \"Accept: application/json\".");
      case MaxUploadSizeExceededException large -> tooLarge();
      case RequestRejectedException rejected -> Trouble.of(400, "");
      case ErrorResponse other ->
          Trouble.of(other.getStatusCode().value(), RequestKind.path(request));
      default -> Trouble.internal();
    };
  }

  private static Trouble tooLarge() {
    return Trouble.of(413, "");
  }

  private static Trouble wrongType(@Nullable String name, TypeMismatchException wrong) {
    var type = wrong.getRequiredType();
    return Trouble.of(
        ErrorCode.BAD_REQUEST,
        "\"%s\" cannot be %s.".formatted(name, wrong.getValue()),
        "Maybe give %s.".formatted(Expected.words(type)));
  }

  private static Trouble wrongMethod(
      HttpRequestMethodNotSupportedException wrong, HttpServletRequest request) {
    var allowed = wrong.getSupportedHttpMethods();
    return new Trouble(
        405,
        ErrorCode.BAD_REQUEST,
        "%s does not take %s.".formatted(RequestKind.path(request), wrong.getMethod()),
        allowed == null
            ? null
            : "Maybe use "
                + allowed.stream()
                    .map(HttpMethod::name)
                    .sorted()
                    .collect(Collectors.joining(" or "))
                + ".");
  }
}
