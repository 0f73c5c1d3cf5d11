package org.dcbalance.checkpoint;

import java.util.LinkedHashMap;
import java.util.Map;
import org.dcbalance.checkpoint.Checkpoint.Restore;
import org.dcbalance.checkpoint.Checkpoint.RestoreState;
import org.dcbalance.hypervisor.StateStorage;
import org.jspecify.annotations.Nullable;

/**
 * A restore that is under way: what is written down of it, and the disks that it goes on with.
 *
 * @param row as it was when it was taken in hand
 * @param prefix what the names of the checkpoint's volumes begin with
 */
record OpenRestore(
    RestoreRows rows, Ledger ledger, Checkpoint checkpoint, Restore row, String prefix) {

  /** The step of making its own disks, on which nothing was written before its memory is read. */
  static final String MAKING_DISKS = "Making disks for it";

  /** Change what is stored of it. */
  void write(Runnable change) {
    ledger.write(checkpoint.id(), change);
  }

  /** Write down what is about to be done, before it is; with what the caller writes, if it does. */
  void step(String step) {
    write(() -> rows.step(row.id(), step, ledger.epoch()));
  }

  /**
   * Write down that it runs, in a transaction of the caller's.
   *
   * @param millis until it did; null if that is not known
   */
  void runs(@Nullable Long millis, String sentence) {
    rows.runs(row.id(), millis, sentence, ledger.epoch());
  }

  /** Say how far its disks are, in a transaction of the caller's. */
  void detaching(String step) {
    rows.detaching(row.id(), step, ledger.epoch());
  }

  /** Say why it goes on, in a transaction of the caller's. */
  void say(String sentence) {
    rows.say(row.id(), sentence);
  }

  /** Write down how it ended, in a transaction of the caller's. */
  void end(RestoreState state, String sentence) {
    rows.end(row.id(), state, sentence);
  }

  /** Give the name of a volume of its own. */
  String own(String what) {
    return "%s.r%d.%s".formatted(prefix, row.id(), what);
  }

  /** Name its own disks, by target. */
  Map<String, String> disks() {
    var own = new LinkedHashMap<String, String>();
    for (var disk : checkpoint.disks()) {
      own.put(disk.target(), own(disk.target()));
    }
    return own;
  }

  /** Say which disks of its own are left, and over what; empty if it has none. */
  String leftDisks() {
    var own = disks().values();
    return own.isEmpty()
        ? ""
        : " Left in the storage pool %s, over the checkpoint's disks: %s."
            .formatted(checkpoint.storage(), String.join(", ", own));
  }

  /** Make its own disks, over those of the checkpoint. */
  void makeDisks(StateStorage states) {
    step(MAKING_DISKS);
    for (var disk : checkpoint.disks()) {
      states.layOver(checkpoint.storage(), disk.volume(), own(disk.target()));
    }
  }
}
