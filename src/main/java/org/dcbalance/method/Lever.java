package org.dcbalance.method;

/** Name what a host may let us set for a move. */
public enum Lever {
  PAUSE,
  THROTTLE,
  COMPRESSION,
  CONNECTIONS,
  POST_COPY,
  BALLOON,
  CAP,
  NOT_LIVE,
  BANDWIDTH,
  ABORT
}
