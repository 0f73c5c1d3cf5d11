package org.dcbalance.migration;

import java.util.Optional;
import java.util.UUID;
import org.dcbalance.hypervisor.GuestSighting;
import org.dcbalance.hypervisor.GuestStatus;
import org.dcbalance.hypervisor.GuestStatus.Job;
import org.dcbalance.hypervisor.GuestStatus.Why;

/** Say what one host knows of a guest at one instant. */
sealed interface Side {
  record Running(boolean postCopy, Job job) implements Side {}

  record Paused(Why why, Job job) implements Side {}

  record PostCopyFailed() implements Side {}

  /** The host keeps a definition, and nothing runs. */
  record ShutOff() implements Side {}

  /** The host answered that it does not know the guest. */
  record Absent() implements Side {}

  /** The host does not know the guest, but has another one of its name. */
  record Namesake(UUID other) implements Side {}

  /** The host shows a state that no migration of ours leaves behind. */
  record Odd(String what) implements Side {}

  /** The host did not answer: anything may be true there. */
  record Unknown(String reason) implements Side {}

  /** Translate what a host answered when it was asked for the guest by UUID and by name. */
  static Side of(GuestSighting sighting) {
    var other = sighting.namesake();
    return sighting.status().isEmpty() && other != null
        ? new Namesake(other)
        : of(sighting.status());
  }

  /** Translate a host's answer. */
  static Side of(Optional<GuestStatus> answer) {
    if (answer.isEmpty()) {
      return new Absent();
    }
    var status = answer.get();
    if (status.why() == Why.POST_COPY_FAILED) {
      return new PostCopyFailed();
    }
    return switch (status.state()) {
      case RUNNING -> new Running(status.why() == Why.POST_COPY, status.job());
      case PAUSED -> new Paused(status.why(), status.job());
      case SHUT_OFF -> status.job() == Job.NONE ? new ShutOff() : new Odd("shut off, with a job");
      case SHUTTING_DOWN -> new Odd("shutting down");
      case CRASHED -> new Odd("crashed");
      case SUSPENDED -> new Odd("asleep");
      case UNKNOWN -> new Odd("in an unknown state");
    };
  }

  /** Say it in words that complete "on kvm-01 it is …". */
  default String words() {
    return switch (this) {
      case Running(var postCopy, var job) ->
          (postCopy ? "running in post-copy" : "running") + jobWords(job);
      case Paused(var why, var job) ->
          switch (why) {
                case MIGRATING -> "paused by a migration";
                case POST_COPY -> "paused in post-copy";
                case USER -> "paused by a user";
                case NONE, SAVED, POST_COPY_FAILED, OTHER -> "paused";
              }
              + jobWords(job);
      case PostCopyFailed() -> "stuck in a failed post-copy";
      case ShutOff() -> "shut off";
      case Absent() -> "unknown to the host";
      case Namesake(var other) ->
          "unknown to the host, which has another virtual machine of that name (" + other + ")";
      case Odd(var what) -> what;
      case Unknown(var reason) -> "not to be found out (" + reason + ")";
    };
  }

  private static String jobWords(Job job) {
    return switch (job) {
      case NONE -> "";
      case OUTGOING_MIGRATION, INCOMING_MIGRATION -> " with a migration under way";
      case OTHER -> " with a job under way";
    };
  }
}
