package org.dcbalance.notification;

/** Say how much an event matters; each is more than the one before it. */
public enum Severity {
  INFO("Information"),
  WARNING("Warning"),
  CRITICAL("Critical");

  private final String words;

  Severity(String words) {
    this.words = words;
  }

  public String words() {
    return words;
  }

  boolean atLeast(Severity other) {
    return compareTo(other) >= 0;
  }
}
