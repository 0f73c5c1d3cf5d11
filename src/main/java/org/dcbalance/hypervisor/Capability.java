package org.dcbalance.hypervisor;

/** Name what a host may or may not be able to do; discovered, never assumed. */
public enum Capability {
  LIVE_MIGRATION("migrate guests live"),
  ABORT("abort a running migration"),
  MAX_DOWNTIME("limit the pause at the switch-over"),
  BANDWIDTH_LIMIT("limit the bandwidth of a migration"),
  AUTO_CONVERGE("slow a guest down so that its migration converges"),
  POST_COPY("switch over first and copy memory after"),
  PARALLEL("copy memory over several connections"),
  COMPRESSION("compress changed memory (XBZRLE)"),
  ENCRYPTION("encrypt memory on its way to another host (TLS)"),
  JOB_STATISTICS("report the progress of a migration"),
  COMPLETED_STATISTICS("report the measured downtime of a migration"),
  JOB_EVENTS("send migration events"),
  DIRTY_RATE("measure how fast a guest changes its memory"),
  BULK_STATISTICS("read all guests' counters in one call"),
  HOST_CPU("report the host's own CPU time"),
  HOST_MEMORY("report the host's own memory"),
  BALLOON("report and change guests' memory while they run"),
  CPU_CAP("cap how much CPU a guest gets"),
  CHECKPOINT("take checkpoints of guests"),
  LIVE_CHECKPOINT("take checkpoints of guests while they run"),
  DISK_COPY("copy disks to another host with their guest");

  private final String words;

  Capability(String words) {
    this.words = words;
  }

  /** Say it in words that complete "this host can …". */
  public String words() {
    return words;
  }
}
