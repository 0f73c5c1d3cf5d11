package org.dcbalance.access;

import java.util.List;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.Problem;
import org.jspecify.annotations.Nullable;
import org.springframework.core.MethodParameter;
import org.springframework.stereotype.Component;
import org.springframework.web.bind.annotation.ControllerAdvice;
import org.springframework.web.bind.annotation.ModelAttribute;
import org.springframework.web.bind.support.WebDataBinderFactory;
import org.springframework.web.context.request.NativeWebRequest;
import org.springframework.web.method.support.HandlerMethodArgumentResolver;
import org.springframework.web.method.support.ModelAndViewContainer;
import org.springframework.web.servlet.config.annotation.WebMvcConfigurer;

/** Give controllers the {@link CurrentOperator} as a parameter, and templates as {@code me}. */
@Component
@ControllerAdvice
class OperatorForControllers implements HandlerMethodArgumentResolver, WebMvcConfigurer {
  @Override
  public void addArgumentResolvers(List<HandlerMethodArgumentResolver> resolvers) {
    resolvers.add(this);
  }

  @Override
  public boolean supportsParameter(MethodParameter parameter) {
    return parameter.getParameterType() == CurrentOperator.class;
  }

  @Override
  public CurrentOperator resolveArgument(
      MethodParameter parameter,
      @Nullable ModelAndViewContainer container,
      NativeWebRequest request,
      @Nullable WebDataBinderFactory binders) {
    return CurrentOperator.find()
        .orElseThrow(
            () ->
                new Problem(ErrorCode.SIGNED_OUT, "Nobody is signed in.", "Maybe sign in first."));
  }

  @ModelAttribute("me")
  @Nullable CurrentOperator me() {
    return CurrentOperator.find().orElse(null);
  }
}
