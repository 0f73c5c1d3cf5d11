package org.dcbalance.pages;

import java.util.List;

/** Find some of what is wrong. */
interface AnomalySource {
  List<Anomaly> look(Fleet fleet);

  /** What the page has read already. */
  record Fleet(Shell shell, List<Board> boards, List<HostLine> hosts) {}
}
