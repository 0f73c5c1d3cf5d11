package org.dcbalance.pages;

import java.net.URI;
import java.net.URISyntaxException;
import org.jspecify.annotations.Nullable;

/** Send browsers back to where a form was, and never to another site. */
final class Back {
  private Back() {}

  /** Give the view that redirects to a path of this site, or to the other path if it is none. */
  static String to(@Nullable String path, String otherwise) {
    return "redirect:" + (path != null && local(path) ? path : otherwise);
  }

  private static boolean local(String path) {
    // browsers read "//host", "/\host" and what has control characters in it as they like
    if (!path.startsWith("/") || path.startsWith("//") || path.indexOf('\\') >= 0) {
      return false;
    }
    try {
      var uri = new URI(path);
      return uri.getScheme() == null && uri.getRawAuthority() == null;
    } catch (URISyntaxException e) {
      return false;
    }
  }
}
