package org.dcbalance.hypervisor;

/** Name what a guest is doing. */
public enum GuestState {
  RUNNING,
  PAUSED,
  SHUTTING_DOWN,
  SHUT_OFF,
  CRASHED,
  SUSPENDED,
  UNKNOWN
}
