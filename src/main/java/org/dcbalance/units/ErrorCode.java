package org.dcbalance.units;

/** Say what kind of trouble a problem is, so that it is rendered and counted alike everywhere. */
public enum ErrorCode {
  /** The request cannot be read or breaks a rule: HTTP 400. */
  BAD_REQUEST(400),
  /** Nobody is signed in, or the token is unknown: HTTP 401. */
  SIGNED_OUT(401),
  /** The role of who asks does not allow it: HTTP 403. */
  FORBIDDEN(403),
  /** What was asked for does not exist: HTTP 404. */
  NOT_FOUND(404),
  /** The state of things does not allow it (any more): HTTP 409. */
  CONFLICT(409),
  /** Well-formed, but refused by a rule that protects hosts or guests: HTTP 422. */
  REFUSED(422),
  /** Who asks holds as much of it as one may: HTTP 429. */
  TOO_MANY(429),
  /** A fault of DCbalance itself: HTTP 500. */
  INTERNAL(500),
  /** A hypervisor, or the way to it, failed: HTTP 502. */
  HYPERVISOR(502),
  /** Something this console needs is away: HTTP 503. */
  UNAVAILABLE(503);

  private final int httpStatus;

  ErrorCode(int httpStatus) {
    this.httpStatus = httpStatus;
  }

  public int httpStatus() {
    return httpStatus;
  }
}
