package org.dcbalance.offline;

/**
 * Hold what one VM asked for over time, a value every five minutes.
 *
 * @param memoryMiB memory promised to it
 * @param cores CPU that it asks for, in cores of the simulated hosts
 * @param used memory that it uses, in MiB
 */
@SuppressWarnings("ArrayRecordComponent") // columns of a table, never compared
record Trace(String vm, double memoryMiB, double[] cores, double[] used) {
  /** Samples a day. */
  static final int DAY = 288;

  static final int SECONDS = 300;

  int length() {
    return cores.length;
  }
}
