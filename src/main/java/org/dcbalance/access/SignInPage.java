package org.dcbalance.access;

import jakarta.servlet.http.HttpServletRequest;
import java.net.InetAddress;
import java.net.UnknownHostException;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.CookieValue;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;

/** Show the form that asks for name and password. */
@Controller
class SignInPage {
  private final FirstAdministrator first;
  private final Oidc provider;

  SignInPage(FirstAdministrator first, Oidc provider) {
    this.first = first;
    this.provider = provider;
  }

  /**
   * Show the form.
   *
   * @param oidc why a sign-in at the provider came to nothing
   * @param wait seconds to wait after too many failures
   */
  @GetMapping("/login")
  String form(
      @RequestParam(required = false) @Nullable String error,
      @RequestParam(required = false) @Nullable String logout,
      @RequestParam(required = false) @Nullable String oidc,
      @RequestParam(required = false) @Nullable Integer wait,
      @CookieValue(defaultValue = "system") String theme,
      HttpServletRequest request,
      Model model) {
    model.addAttribute("theme", theme);
    model.addAttribute("failed", error != null);
    model.addAttribute("signedOut", logout != null);
    model.addAttribute("wait", wait);
    model.addAttribute("oidc", oidc);
    model.addAttribute("provider", provider.status().orElse(null));
    model.addAttribute(
        "passwordFile",
        fromThisMachine(request) ? first.passwordFile().map(Object::toString).orElse(null) : null);
    return "login";
  }

  private static boolean fromThisMachine(HttpServletRequest request) {
    try {
      return request.getHeader("X-Forwarded-For") == null
          && InetAddress.getByName(request.getRemoteAddr()).isLoopbackAddress();
    } catch (UnknownHostException e) {
      return false;
    }
  }
}
