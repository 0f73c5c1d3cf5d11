package org.dcbalance.story;

/** What goes wrong with a move. */
enum Fault {
  NONE,
  ABORT,
  CONSOLE_KILLED,
  /** For so short that the daemons keep their connection. */
  LINK_CUT,
  /** For so long that they give it up. */
  LINK_CUT_FOR_LONG,
  /** Until the move's record has ended. */
  LINK_CUT_FOR_GOOD,
  TARGET_DAEMON_KILLED,
  SOURCE_DAEMON_KILLED,
  TARGET_EMULATOR_KILLED
}
