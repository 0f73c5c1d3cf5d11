package org.dcbalance.migration;

import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.Problem;

/** Say that a move is refused for what its target is or has, so that another host may do. */
public final class TargetRefused extends Problem {
  private static final long serialVersionUID = 1L;

  TargetRefused(String sentence, String advice) {
    super(ErrorCode.REFUSED, sentence, advice);
  }
}
