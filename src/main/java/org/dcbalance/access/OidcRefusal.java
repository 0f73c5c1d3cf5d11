package org.dcbalance.access;

import org.springframework.security.oauth2.core.OAuth2AuthenticationException;
import org.springframework.security.oauth2.core.OAuth2Error;

/** Refuse somebody whom the provider vouches for. */
final class OidcRefusal extends OAuth2AuthenticationException {
  private static final long serialVersionUID = 1L;

  private final Why why;
  private final String user;

  OidcRefusal(Why why, String user) {
    super(new OAuth2Error(why.word));
    this.why = why;
    this.user = user;
  }

  /** Reasons, as the address of the sign-in page names them. */
  enum Why {
    /** The provider does not answer. */
    AWAY("away", "the provider does not answer"),
    /** What came back does not fit what was asked for, or the person declined. */
    FAILED("failed", "the provider's answer was not accepted"),
    NO_ROLE("no-role", "the provider gives no role here"),
    DISABLED("disabled", "the user is disabled");

    private final String word;
    private final String words;

    Why(String word, String words) {
      this.word = word;
      this.words = words;
    }

    String word() {
      return word;
    }

    String words() {
      return words;
    }
  }

  Why why() {
    return why;
  }

  String user() {
    return user;
  }
}
