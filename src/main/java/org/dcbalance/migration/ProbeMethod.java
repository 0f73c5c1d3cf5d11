package org.dcbalance.migration;

import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** Try to reach a guest again and again, in one way. */
interface ProbeMethod extends AutoCloseable {
  /** Begin; each answer is told with its {@link System#nanoTime}. */
  void start(LongConsumer answered);

  /** Say how and what it probes, such as "TCP 10.0.0.7:80". */
  String words();

  /** Say what last went wrong; null if nothing has. */
  @Nullable String trouble();

  @Override
  void close();
}
