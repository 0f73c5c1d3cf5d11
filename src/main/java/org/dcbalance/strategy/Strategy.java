package org.dcbalance.strategy;

/** Decide which VMs to move, if any. The same pool and limits give the same decision. */
public interface Strategy {
  /** Give the name under which it is chosen in the settings and stored with each round. */
  String name();

  Decision decide(Pool pool, Limits limits);
}
