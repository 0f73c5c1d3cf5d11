package org.dcbalance.access;

import org.springframework.stereotype.Controller;
import org.springframework.web.bind.annotation.GetMapping;

/** Show the form that asks for name and password. */
@Controller
class SignInPage {
  @GetMapping("/login")
  String form() {
    return "login";
  }
}
