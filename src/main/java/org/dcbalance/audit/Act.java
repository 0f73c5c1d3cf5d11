package org.dcbalance.audit;

import java.util.Arrays;
import java.util.Optional;

/** Name what can be done, as the audit log stores it and people read it. */
public enum Act {
  HOST_ADDED("Host added"),
  HOST_CHANGED("Host changed"),
  HOST_MAINTENANCE("Maintenance"),
  EVACUATION_STARTED("Evacuation started"),
  EVACUATION_CANCELLED("Evacuation cancelled"),
  HOST_FENCED("Host said to be off"),
  HOST_FENCING_ENDED("Host not said to be off any more"),
  HOST_REMOVED("Host removed"),
  POOL_ADDED("Pool added"),
  POOL_CHANGED("Pool changed"),
  POOL_PAUSED("Balancing paused"),
  POOL_RESUMED("Balancing resumed"),
  POOL_REMOVED("Pool removed"),
  RULE_ADDED("Placement rule added"),
  RULE_CHANGED("Placement rule changed"),
  RULE_REMOVED("Placement rule removed"),
  AUTOMATION_FELL_BACK("Automation fell back"),
  VM_CHANGED("VM changed"),
  ROUND_ASKED("Round asked for"),
  APPROVED("Move approved"),
  REJECTED("Move rejected"),
  MOVE_ASKED("Move by hand"),
  ABORT_ASKED("Abort asked for"),
  MOVE_RETRIED("Move tried again"),
  RETRY_CANCELLED("Retry cancelled"),
  MIGRATION_CLOSED("Lost move closed"),
  CHECKPOINT_ASKED("Checkpoint asked for"),
  CHECKPOINT_RESTORED("Restore asked for"),
  CHECKPOINT_COPIED("Copy asked for"),
  CHECKPOINT_VERIFIED("Checkpoint verification asked for"),
  CHECKPOINT_DELETED("Checkpoint deleted"),
  CLUSTER_ADDED("Virtual cluster added"),
  CLUSTER_REMOVED("Virtual cluster removed"),
  SCHEDULE_ADDED("Schedule added"),
  SCHEDULE_REMOVED("Schedule removed"),
  DATABASE_CONFIRMED("Database confirmed"),
  USER_ADDED("User added"),
  USER_CHANGED("User changed"),
  PASSWORD_SET("Password set"),
  USER_REMOVED("User removed"),
  TOKEN_ADDED("API token added"),
  TOKEN_REMOVED("API token removed"),
  DESTINATION_ADDED("Destination added"),
  DESTINATION_CHANGED("Destination changed"),
  DESTINATION_TESTED("Destination tested"),
  DESTINATION_REMOVED("Destination removed"),
  SETTINGS_CHANGED("Settings changed"),
  SIGNED_IN("Signed in"),
  SIGNED_OUT("Signed out"),
  SESSIONS_ENDED("Sessions ended"),
  SIGN_IN_FAILED("Sign-in failed"),
  SIGN_IN_HELD_OFF("Sign-in held off"),
  REFUSED("Refused");

  private final String words;

  Act(String words) {
    this.words = words;
  }

  /** Find an act by its stored name; empty where a newer console wrote one. */
  static Optional<Act> named(String name) {
    return Arrays.stream(values()).filter(act -> act.name().equals(name)).findFirst();
  }

  public String words() {
    return words;
  }

  /** Tell whether somebody was kept from doing something. */
  public boolean refusal() {
    return switch (this) {
      case SIGN_IN_FAILED, SIGN_IN_HELD_OFF, REFUSED -> true;
      case HOST_ADDED,
          HOST_CHANGED,
          HOST_MAINTENANCE,
          EVACUATION_STARTED,
          EVACUATION_CANCELLED,
          HOST_FENCED,
          HOST_FENCING_ENDED,
          HOST_REMOVED,
          POOL_ADDED,
          POOL_CHANGED,
          POOL_PAUSED,
          POOL_RESUMED,
          POOL_REMOVED,
          RULE_ADDED,
          RULE_CHANGED,
          RULE_REMOVED,
          AUTOMATION_FELL_BACK,
          VM_CHANGED,
          ROUND_ASKED,
          APPROVED,
          REJECTED,
          MOVE_ASKED,
          ABORT_ASKED,
          MOVE_RETRIED,
          RETRY_CANCELLED,
          MIGRATION_CLOSED,
          CHECKPOINT_ASKED,
          CHECKPOINT_RESTORED,
          CHECKPOINT_COPIED,
          CHECKPOINT_VERIFIED,
          CHECKPOINT_DELETED,
          CLUSTER_ADDED,
          CLUSTER_REMOVED,
          SCHEDULE_ADDED,
          SCHEDULE_REMOVED,
          DATABASE_CONFIRMED,
          USER_ADDED,
          USER_CHANGED,
          PASSWORD_SET,
          USER_REMOVED,
          TOKEN_ADDED,
          TOKEN_REMOVED,
          DESTINATION_ADDED,
          DESTINATION_CHANGED,
          DESTINATION_TESTED,
          DESTINATION_REMOVED,
          SETTINGS_CHANGED,
          SIGNED_IN,
          SIGNED_OUT,
          SESSIONS_ENDED ->
          false;
    };
  }
}
