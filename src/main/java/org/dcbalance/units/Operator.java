package org.dcbalance.units;

/** Name who asked for something: a user, an API token, or DCbalance itself. */
public record Operator(String name) {
  /** DCbalance acting by itself: automatic approval, expiry, adoption after a restart. */
  public static final Operator DCBALANCE = new Operator("DCbalance");

  public Operator {
    if (name.isBlank()) {
      throw new IllegalArgumentException("An operator needs a name.");
    }
  }
}
