package org.dcbalance.pages;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.time.Duration;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.ResponseCookie;
import org.springframework.stereotype.Controller;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;

/** Keep what one person prefers to see, in cookies of their browser. */
@Controller
class PreferencePages {
  private static final Duration KEPT = Duration.ofDays(365);
  private static final Set<String> THEMES = Set.of("system", "light", "dark");

  @PostMapping("/preferences")
  String prefer(
      @RequestParam(required = false) @Nullable String theme,
      @RequestParam(required = false) @Nullable String pool,
      @RequestParam(required = false) @Nullable String back,
      HttpServletRequest request,
      HttpServletResponse response) {
    if (theme != null && THEMES.contains(theme)) {
      keep("theme", theme, request.isSecure(), response);
    }
    if (pool != null && pool.matches("[0-9]{0,18}")) {
      keep("pool", pool, request.isSecure(), response);
    }
    // a pool in the address of the page would win over the one that was just picked
    return Back.to(pool == null || back == null ? back : withoutPool(back), "/");
  }

  private static String withoutPool(String back) {
    int query = back.indexOf('?');
    if (query < 0) {
      return back;
    }
    var kept =
        Arrays.stream(back.substring(query + 1).split("&"))
            .filter(each -> !each.equals("pool") && !each.startsWith("pool="))
            .collect(Collectors.joining("&"));
    return back.substring(0, query) + (kept.isEmpty() ? "" : "?" + kept);
  }

  private static void keep(
      String name, String value, boolean secure, HttpServletResponse response) {
    var cookie =
        ResponseCookie.from(name, value)
            .path("/")
            .sameSite("Lax")
            .secure(secure)
            .maxAge(value.isEmpty() ? Duration.ZERO : KEPT)
            .build();
    response.addHeader(HttpHeaders.SET_COOKIE, cookie.toString());
  }
}
