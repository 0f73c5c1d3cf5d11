package org.dcbalance.inventory;

import jakarta.persistence.Entity;
import jakarta.persistence.EnumType;
import jakarta.persistence.Enumerated;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import jakarta.persistence.Version;
import java.time.Instant;
import java.util.List;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.PoolId;
import org.dcbalance.units.Problem;
import org.hibernate.annotations.JdbcTypeCode;
import org.hibernate.type.SqlTypes;
import org.jspecify.annotations.Nullable;

/** Group hosts that can take each other's virtual machines, and hold the policy for moving them. */
@Entity
@Table(name = "pool")
public class HostPool {
  @Id
  @GeneratedValue(strategy = GenerationType.IDENTITY)
  private @Nullable Long id;

  private String name = "";
  private boolean simulated;

  @Enumerated(EnumType.STRING)
  private Automation automation = Automation.MANUAL;

  private @Nullable Instant automatedSince;

  @Enumerated(EnumType.STRING)
  private Urgency automaticFrom = Urgency.HIGH;

  private boolean paused;

  @Enumerated(EnumType.STRING)
  private Balancing strategy = Balancing.DCBALANCE;

  private @Nullable Double cpuThreshold;

  /** As {@link QuietHours} writes it. */
  private @Nullable String quietHours;

  private boolean hostLoss;
  private @Nullable Integer largeVmGib;
  private @Nullable Integer largeVmCores;
  private @Nullable Integer maxTransferGib;

  @JdbcTypeCode(SqlTypes.ARRAY)
  private List<String> sharedStorages = List.of();

  @JdbcTypeCode(SqlTypes.ARRAY)
  private List<String> networks = List.of();

  private String note = "";

  @JdbcTypeCode(SqlTypes.JSON)
  private MoveOptions moveOptions = MoveOptions.NONE;

  @JdbcTypeCode(SqlTypes.JSON)
  private PoolLimits limits = PoolLimits.NONE;

  @Version private long version;

  protected HostPool() {}

  public HostPool(String name, boolean simulated, List<String> sharedStorages) {
    rename(name);
    this.simulated = simulated;
    shareStorages(sharedStorages);
  }

  /** How far DCbalance may go by itself. */
  public enum Automation {
    /** Decide and record, never change anything. */
    OBSERVE,
    /** Propose; a person approves. */
    MANUAL,
    /** Approve recommendations from a priority upwards without a person. */
    AUTOMATIC
  }

  /** Least priority that is approved automatically. */
  public enum Urgency {
    HIGH,
    MEDIUM,
    LOW
  }

  /** Which strategy decides. */
  public enum Balancing {
    /** Ours: from history, or by a search. */
    DCBALANCE,
    /** Dynamic load balancing by a threshold, to compare with. */
    DLB,
    /** The strategy of four domains, to compare with. */
    OSVD,
    /** Nothing is ever proposed. */
    NONE
  }

  public final void rename(String newName) {
    if (newName.isBlank() || newName.length() > 80) {
      throw new Problem(
          ErrorCode.BAD_REQUEST,
          "A pool needs a name of 1 to 80 characters.",
          "Maybe name it after its place or purpose, such as east-1.");
    }
    this.name = newName.strip();
  }

  /**
   * Mark the directories whose content all hosts of the pool share.
   *
   * @throws Problem if one is not an absolute path, or is the root
   */
  public final void shareStorages(List<String> storages) {
    for (var storage : storages) {
      if (!storage.startsWith("/") || storage.equals("/") || storage.contains("..")) {
        throw new Problem(
            ErrorCode.BAD_REQUEST,
            "Shared storage \"" + storage + "\" is not an absolute path below the root.",
            "Maybe give the directory under which all hosts see the same files, such as"
                + " /var/lib/libvirt/shared.");
      }
    }
    this.sharedStorages = List.copyOf(storages);
  }

  public void attachNetworks(List<String> names) {
    this.networks = List.copyOf(names);
  }

  /** Choose how far DCbalance may go by itself, and the least priority of what it approves. */
  public void automate(Automation newAutomation, Urgency from, Instant now) {
    if (newAutomation != automation) {
      this.automatedSince = now;
    }
    this.automation = newAutomation;
    this.automaticFrom = from;
  }

  /**
   * Choose who decides, and from which share on a host's CPU is overloaded.
   *
   * @param threshold above 0 and at most 1; null for the one of the settings
   * @throws Problem if it is neither
   */
  public void decideBy(Balancing chosen, @Nullable Double threshold) {
    checkCpuThreshold(threshold);
    this.strategy = chosen;
    this.cpuThreshold = threshold;
  }

  /**
   * Check a share of a host's CPU above which it is to be overloaded.
   *
   * @throws Problem BAD_REQUEST if it is not above 0 and at most 1
   */
  public static void checkCpuThreshold(@Nullable Double threshold) {
    if (threshold != null && !(threshold > 0 && threshold <= 1)) {
      throw new Problem(
          ErrorCode.BAD_REQUEST,
          "A CPU threshold of " + Math.round(threshold * 100) + " % makes no sense.",
          "Maybe choose one of 50 to 95 %.");
    }
  }

  /** Choose what is kept free, and how much moves may copy. */
  public void keepRoom(PoolRoom room) {
    var checked = room.checked();
    this.hostLoss = checked.hostLoss();
    this.largeVmGib = checked.largeVmGib();
    this.largeVmCores = checked.largeVmCores();
    this.maxTransferGib = checked.maxTransferGib();
  }

  /** Tell what is kept free, and how much moves may copy. */
  public PoolRoom room() {
    return new PoolRoom(hostLoss, largeVmGib, largeVmCores, maxTransferGib);
  }

  public void pause(boolean nowPaused) {
    this.paused = nowPaused;
  }

  /** Allow or forbid ways of moving its VMs, unless a VM has its own. */
  public void moveBy(MoveOptions options) {
    this.moveOptions = options.checked();
  }

  /** Give it limits of its own. */
  public void limit(PoolLimits own) {
    this.limits = own.checked();
  }

  /** Give the limits that it has of its own. */
  public PoolLimits limits() {
    return limits;
  }

  public void note(String newNote) {
    this.note = newNote;
  }

  /** Tell whether a disk lies on storage that an administrator marked as shared. */
  public boolean shares(String path) {
    return sharedStorages.stream()
        .anyMatch(s -> path.equals(s) || path.startsWith(s.endsWith("/") ? s : s + "/"));
  }

  public PoolId id() {
    return new PoolId(java.util.Objects.requireNonNull(id, "not stored yet"));
  }

  public String name() {
    return name;
  }

  public boolean simulated() {
    return simulated;
  }

  public Automation automation() {
    return automation;
  }

  /** Tell whether its automation was what it is now at an instant, as far as that is known. */
  public boolean automatedAt(Instant instant) {
    return automatedSince == null || !instant.isBefore(automatedSince);
  }

  public Urgency automaticFrom() {
    return automaticFrom;
  }

  /** Set the hours in which nothing is approved without a person; null for none. */
  public void keepQuiet(@Nullable QuietHours hours) {
    this.quietHours = hours == null ? null : hours.toString();
  }

  public @Nullable String quietHours() {
    return quietHours;
  }

  /** Tell whether nothing may start without a person at this instant. */
  public boolean quiet(Instant instant) {
    return quietHours != null && QuietHours.parse(quietHours).contain(instant);
  }

  public Balancing strategy() {
    return strategy;
  }

  /** Share of a host's CPU above which it is overloaded; null: the one of the settings. */
  public @Nullable Double cpuThreshold() {
    return cpuThreshold;
  }

  public boolean paused() {
    return paused;
  }

  public List<String> sharedStorages() {
    return sharedStorages;
  }

  public List<String> networks() {
    return networks;
  }

  public String note() {
    return note;
  }

  public MoveOptions moveOptions() {
    return moveOptions;
  }

  /** Count its changes. */
  public long version() {
    return version;
  }
}
