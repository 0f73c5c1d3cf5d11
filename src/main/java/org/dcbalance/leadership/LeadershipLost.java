package org.dcbalance.leadership;

/** Say that another console holds the lease now: roll back and leave the work to it. */
public class LeadershipLost extends RuntimeException {
  private static final long serialVersionUID = 1L;

  LeadershipLost(long epoch) {
    super("Another console has taken over since epoch " + epoch + ".");
  }
}
