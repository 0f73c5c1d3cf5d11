package org.dcbalance.console;

import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import org.dcbalance.units.Cursor;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.HostId;
import org.dcbalance.units.PoolId;
import org.dcbalance.units.Problem;
import org.dcbalance.units.VmId;
import org.jspecify.annotations.Nullable;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.MethodParameter;
import org.springframework.format.FormatterRegistry;
import org.springframework.http.CacheControl;
import org.springframework.web.bind.support.WebDataBinderFactory;
import org.springframework.web.context.request.NativeWebRequest;
import org.springframework.web.method.support.HandlerMethodArgumentResolver;
import org.springframework.web.method.support.ModelAndViewContainer;
import org.springframework.web.servlet.config.annotation.ResourceHandlerRegistry;
import org.springframework.web.servlet.config.annotation.WebMvcConfigurer;

/**
 * Settle what all controllers share: ids, times and cursors as parameters, and the front end's
 * files.
 */
@Configuration(proxyBeanMethods = false)
class WebConventions implements WebMvcConfigurer {
  private static final int LAST_YEAR = 9999;

  @Override
  public void addFormatters(FormatterRegistry formats) {
    formats.addConverter(String.class, HostId.class, text -> new HostId(Long.parseLong(text)));
    formats.addConverter(String.class, VmId.class, text -> new VmId(Long.parseLong(text)));
    formats.addConverter(String.class, PoolId.class, text -> new PoolId(Long.parseLong(text)));
    formats.addConverter(HostId.class, String.class, HostId::toString);
    formats.addConverter(VmId.class, String.class, VmId::toString);
    formats.addConverter(PoolId.class, String.class, PoolId::toString);
    formats.addFormatterForFieldType(
        LocalDate.class, (day, _) -> String.valueOf(day), (text, _) -> near(LocalDate.parse(text)));
    formats.addFormatterForFieldType(
        Instant.class, (time, _) -> String.valueOf(time), (text, _) -> time(text));
  }

  private static Instant time(String text) {
    var time = Instant.parse(text);
    near(LocalDate.ofInstant(time, ZoneOffset.UTC));
    return time;
  }

  /** Refuse days that overflow whatever computes with them, here or in the database. */
  private static LocalDate near(LocalDate day) {
    if (day.getYear() < 1 || day.getYear() > LAST_YEAR) {
      throw new IllegalArgumentException("There was and will be nothing in " + day.getYear() + ".");
    }
    return day;
  }

  @Override
  public void addArgumentResolvers(List<HandlerMethodArgumentResolver> resolvers) {
    resolvers.add(new CursorParameters());
  }

  /**
   * Serve the front end's files so that browsers keep them but ask each time whether they are still
   * right: their names do not change with their content.
   */
  @Override
  public void addResourceHandlers(ResourceHandlerRegistry handlers) {
    handlers
        .addResourceHandler("/app/**")
        .addResourceLocations("classpath:/static/app/")
        .setCacheControl(CacheControl.noCache())
        // builds with equal timestamps would pass for unchanged
        .setUseLastModified(false)
        .setEtagGenerator(new ContentTags());
  }

  private static final class CursorParameters implements HandlerMethodArgumentResolver {
    @Override
    public boolean supportsParameter(MethodParameter parameter) {
      return parameter.getParameterType() == Cursor.class;
    }

    @Override
    public Cursor resolveArgument(
        MethodParameter parameter,
        @Nullable ModelAndViewContainer container,
        NativeWebRequest request,
        @Nullable WebDataBinderFactory binders) {
      var limit = request.getParameter("limit");
      var after = request.getParameter("after");
      try {
        return new Cursor(
            limit == null || limit.isEmpty() ? Cursor.DEFAULT_LIMIT : Integer.parseInt(limit),
            after == null || after.isEmpty() ? null : after);
      } catch (NumberFormatException e) {
        throw new Problem(
            ErrorCode.BAD_REQUEST,
            "The limit must be a number from 1 to " + Cursor.MAX_LIMIT + ", not " + limit + ".",
            "Maybe leave it out: it is " + Cursor.DEFAULT_LIMIT + " then.",
            e);
      }
    }
  }
}
