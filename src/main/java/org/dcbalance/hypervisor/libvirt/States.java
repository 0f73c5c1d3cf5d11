package org.dcbalance.hypervisor.libvirt;

import org.dcbalance.hypervisor.GuestState;
import org.dcbalance.hypervisor.GuestStatus.Why;

/** Translate libvirt's states and reasons (virDomainState, virDomain…Reason). */
final class States {
  private static final int RUNNING = 1;
  private static final int PAUSED = 3;
  private static final int SHUT_OFF = 5;

  private States() {}

  static GuestState guest(int state) {
    return switch (state) {
      // Xen tells "no state" and "blocked" of guests that have nothing to do
      case 0, RUNNING, 2 -> GuestState.RUNNING;
      case PAUSED -> GuestState.PAUSED;
      case 4 -> GuestState.SHUTTING_DOWN;
      case SHUT_OFF -> GuestState.SHUT_OFF;
      case 6 -> GuestState.CRASHED;
      case 7 -> GuestState.SUSPENDED;
      default -> GuestState.UNKNOWN;
    };
  }

  static Why why(int state, int reason) {
    return switch (state) {
      case RUNNING ->
          switch (reason) {
            case 10 -> Why.POST_COPY;
            case 11 -> Why.POST_COPY_FAILED;
            default -> Why.NONE;
          };
      case PAUSED ->
          switch (reason) {
            case 1 -> Why.USER;
            case 2 -> Why.MIGRATING;
            case 12 -> Why.POST_COPY;
            case 13 -> Why.POST_COPY_FAILED;
            default -> Why.OTHER;
          };
      case SHUT_OFF -> reason == 5 ? Why.SAVED : Why.NONE;
      default -> Why.NONE;
    };
  }
}
