package org.dcbalance.strategy;

import java.time.Duration;
import org.dcbalance.units.Memory;

/**
 * Hold the settings that a decision keeps to.
 *
 * @param imbalanceThreshold imbalance above which the pool is out of balance
 * @param cpuThreshold share of a host's CPU above which it is overloaded
 * @param memoryThreshold share of a host's memory above which it is overloaded
 * @param minimumGain least share of the imbalance that a move has to take away
 * @param holdRounds rounds that the pool must be out of bounds, the present one included
 * @param minimumCoverage least share of the window's samples needed from every host
 * @param maxMoves most moves to propose at once, those under way included
 * @param maxTransfer most memory that the moves of one decision copy together, as expected
 * @param downtimeSlo longest downtime that operators accept
 * @param room what is to be kept free
 */
public record Limits(
    double imbalanceThreshold,
    double cpuThreshold,
    double memoryThreshold,
    double minimumGain,
    int holdRounds,
    double minimumCoverage,
    int maxMoves,
    Memory maxTransfer,
    Duration downtimeSlo,
    Room room) {
  /**
   * Say what is to be kept free.
   *
   * @param hostLoss whether the guests of any one host should fit on the others
   * @param memory of a large VM that some host should be able to take; 0 for none
   * @param cores of the same VM
   */
  public record Room(boolean hostLoss, Memory memory, double cores) {
    public static final Room NONE = new Room(false, Memory.ZERO, 0);

    boolean large() {
      return memory.bytes() > 0 || cores > 0;
    }
  }

  /** No cap on what is copied. */
  public static final Memory ANY_TRANSFER = new Memory(Long.MAX_VALUE);

  public static final Limits DEFAULTS =
      new Limits(
          0.15, 0.85, 0.90, 0.10, 3, 0.80, 4, ANY_TRANSFER, Duration.ofSeconds(1), Room.NONE);

  /** Overload hosts' CPU from another share on. */
  public Limits withCpuThreshold(double share) {
    return with(share, minimumCoverage, maxMoves, maxTransfer, room);
  }

  /** Allow another number of moves at once. */
  public Limits withMaxMoves(int most) {
    return with(cpuThreshold, minimumCoverage, most, maxTransfer, room);
  }

  /** Let the moves of a decision copy no more than this together. */
  public Limits withMaxTransfer(Memory most) {
    return with(cpuThreshold, minimumCoverage, maxMoves, most, room);
  }

  /** Need another share of the window's samples from every host. */
  public Limits withMinimumCoverage(double share) {
    return with(cpuThreshold, share, maxMoves, maxTransfer, room);
  }

  /** Keep other room free. */
  public Limits withRoom(Room other) {
    return with(cpuThreshold, minimumCoverage, maxMoves, maxTransfer, other);
  }

  private Limits with(double cpu, double coverage, int moves, Memory transfer, Room free) {
    return new Limits(
        imbalanceThreshold,
        cpu,
        memoryThreshold,
        minimumGain,
        holdRounds,
        coverage,
        moves,
        transfer,
        downtimeSlo,
        free);
  }
}
