package org.dcbalance.checkpoint;

import java.util.ArrayList;
import java.util.function.Consumer;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionCallback;
import org.springframework.transaction.support.TransactionTemplate;

/** The transactions of a console that a test kills; what it commits stays. */
final class Killable extends TransactionTemplate {
  private static final long serialVersionUID = 1;

  /** Makes changes until it is told to die with one. */
  private final transient Consumer<Runnable> changes;

  Killable(PlatformTransactionManager transactions, Consumer<Runnable> changes) {
    super(transactions);
    this.changes = changes;
  }

  @Override
  public <T> T execute(TransactionCallback<T> action) {
    var given = new ArrayList<T>();
    changes.accept(() -> given.add(super.execute(action)));
    return given.getFirst();
  }
}
