package org.dcbalance.audit;

import org.dcbalance.units.Operator;

/**
 * Say that something was done. Publish it as an event inside the transaction that does it: the
 * audit log takes it down there and then.
 *
 * @param before what is no longer so
 * @param after what is so from now on
 */
public record Deed(Operator by, Act act, Thing thing, Facts before, Facts after) {
  public Deed(Operator by, Act act, Thing thing) {
    this(by, act, thing, Facts.NONE, Facts.NONE);
  }
}
