package org.dcbalance.method;

/** Name how a VM is moved. */
public enum Method {
  PRE_COPY("Pre-copy"),
  LONGER_PAUSE("Pre-copy with a longer pause allowed"),
  PARALLEL("Pre-copy over several connections"),
  BALLOON_FIRST("Balloon first, then pre-copy"),
  CAPPED("Pre-copy with its CPU capped"),
  AUTO_CONVERGE("Pre-copy that slows it down"),
  XBZRLE("Pre-copy with compressed changes"),
  POST_COPY("Post-copy"),
  NOT_LIVE("Stop and copy");

  private final String words;

  Method(String words) {
    this.words = words;
  }

  public String words() {
    return words;
  }
}
