package org.dcbalance.migration;

/** Name the step that a migration is in; it is written before the step touches a hypervisor. */
public enum Phase {
  QUEUED("waiting for its turn"),
  CHECKS("checking once more that it may start"),
  PREPARING("preparing the guest for its move"),
  COPYING("copying memory while the guest runs"),
  SWITCH_OVER("switching over"),
  SETTLING("reading from both hosts where the guest runs"),
  DONE("over");

  private final String words;

  Phase(String words) {
    this.words = words;
  }

  /** Tell whether its host has been told to copy, from which on only the host can end it. */
  public boolean ordered() {
    return switch (this) {
      case QUEUED, CHECKS, PREPARING -> false;
      case COPYING, SWITCH_OVER, SETTLING, DONE -> true;
    };
  }

  /** Say what goes on in this phase. */
  public String words() {
    return words;
  }
}
