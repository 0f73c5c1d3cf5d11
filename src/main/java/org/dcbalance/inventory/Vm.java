package org.dcbalance.inventory;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.EnumType;
import jakarta.persistence.Enumerated;
import jakarta.persistence.Id;
import jakarta.persistence.Version;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.dcbalance.hypervisor.Guest;
import org.dcbalance.hypervisor.GuestCpu;
import org.dcbalance.hypervisor.GuestState;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Memory;
import org.dcbalance.units.Problem;
import org.dcbalance.units.VmId;
import org.hibernate.annotations.JdbcTypeCode;
import org.hibernate.annotations.Mutability;
import org.hibernate.type.SqlTypes;
import org.hibernate.type.descriptor.java.Immutability;
import org.jspecify.annotations.Nullable;

/**
 * Know a virtual machine.
 *
 * <p>What the hypervisor shows is written by the inventory sync alone and only read here; what
 * operators wish (never move, probe) is changed through this aggregate. Its lists and records are
 * replaced, never changed, so Hibernate need not copy them to notice changes: a page may read a
 * thousand of them.
 */
@Entity
public class Vm {
  private static final int LONGEST_ADDRESS = 255;
  private static final int LONGEST_NOTE = 500;

  @Id private @Nullable Long id;

  @Column(insertable = false, updatable = false)
  private UUID uuid = new UUID(0, 0);

  @Column(insertable = false, updatable = false)
  private long hostId;

  @Column(insertable = false, updatable = false)
  private String name = "";

  @Column(insertable = false, updatable = false)
  private int domainId;

  @Column(insertable = false, updatable = false)
  private String osType = "";

  @Enumerated(EnumType.STRING)
  @Column(insertable = false, updatable = false)
  private GuestState state = GuestState.UNKNOWN;

  @Column(insertable = false, updatable = false)
  private int vcpus;

  @Column(insertable = false, updatable = false)
  private long cpuTimeNanos;

  @Column(insertable = false, updatable = false)
  private long maxMemoryBytes;

  @Column(insertable = false, updatable = false)
  private long memoryBytes;

  @JdbcTypeCode(SqlTypes.JSON)
  @Mutability(Immutability.class)
  @Column(insertable = false, updatable = false)
  private List<Guest.Disk> disks = List.of();

  @JdbcTypeCode(SqlTypes.ARRAY)
  @Mutability(Immutability.class)
  @Column(insertable = false, updatable = false)
  private List<String> addresses = List.of();

  @JdbcTypeCode(SqlTypes.ARRAY)
  @Mutability(Immutability.class)
  @Column(insertable = false, updatable = false)
  private List<String> networks = List.of();

  @JdbcTypeCode(SqlTypes.JSON)
  @Mutability(Immutability.class)
  @Column(insertable = false, updatable = false)
  private GuestCpu cpu = new GuestCpu("", "", "", "", "", null);

  @JdbcTypeCode(SqlTypes.JSON)
  @Mutability(Immutability.class)
  @Column(insertable = false, updatable = false)
  private List<Guest.Tie> ties = List.of();

  @Column(insertable = false, updatable = false)
  private Instant firstSeen = Instant.EPOCH;

  @Column(insertable = false, updatable = false)
  private Instant lastSeen = Instant.EPOCH;

  @Column(insertable = false, updatable = false)
  private @Nullable Instant lastMovedAt;

  @Column(insertable = false, updatable = false)
  private @Nullable Long movingTo;

  @Column(insertable = false, updatable = false)
  private @Nullable Instant goneSince;

  @Column(insertable = false, updatable = false)
  private @Nullable Long secondHostId;

  private boolean neverMove;
  private String neverMoveNote = "";
  private @Nullable String probeAddress;
  private @Nullable Integer probePort;

  @JdbcTypeCode(SqlTypes.JSON)
  @Mutability(Immutability.class)
  private MoveOptions moveOptions = MoveOptions.NONE;

  @Version private long version;

  protected Vm() {}

  /** Keep it where it is, with a note that says why; or let it move again. */
  public void neverMove(boolean never, String note) {
    if (never) {
      limit("A note", note, LONGEST_NOTE);
    }
    this.neverMove = never;
    this.neverMoveNote = never ? note.strip() : "";
  }

  /**
   * Measure what its users see during a move: by TCP connections to the port, or by ICMP echo
   * without one. A null address ends it.
   */
  public void probe(@Nullable String address, @Nullable Integer port) {
    if (port != null && (port < 1 || port > 65535)) {
      throw new Problem(
          ErrorCode.BAD_REQUEST,
          "A probe's port lies between 1 and 65535, not " + port + ".",
          null);
    }
    limit("A probe's address", address, LONGEST_ADDRESS);
    this.probeAddress = address == null || address.isBlank() ? null : address.strip();
    this.probePort = this.probeAddress == null ? null : port;
  }

  private static void limit(String what, @Nullable String text, int longest) {
    if (text != null && text.strip().length() > longest) {
      throw new Problem(
          ErrorCode.BAD_REQUEST, what + " has at most " + longest + " characters.", null);
    }
  }

  /** Allow or forbid ways of moving it. */
  public void moveBy(MoveOptions options) {
    this.moveOptions = options.checked();
  }

  public VmId id() {
    return new VmId(Objects.requireNonNull(id, "not stored yet"));
  }

  public UUID uuid() {
    return uuid;
  }

  public HostId hostId() {
    return new HostId(hostId);
  }

  public String name() {
    return name;
  }

  public int domainId() {
    return domainId;
  }

  public String osType() {
    return osType;
  }

  public GuestState state() {
    return state;
  }

  public int vcpus() {
    return vcpus;
  }

  public Duration cpuTime() {
    return Duration.ofNanos(cpuTimeNanos);
  }

  public Memory maxMemory() {
    return new Memory(maxMemoryBytes);
  }

  public Memory memory() {
    return new Memory(memoryBytes);
  }

  public List<Guest.Disk> disks() {
    return disks;
  }

  public List<String> addresses() {
    return addresses;
  }

  public List<String> networks() {
    return networks;
  }

  public GuestCpu cpu() {
    return cpu;
  }

  public List<Guest.Tie> ties() {
    return ties;
  }

  public Instant firstSeen() {
    return firstSeen;
  }

  public Instant lastSeen() {
    return lastSeen;
  }

  public @Nullable Instant lastMovedAt() {
    return lastMovedAt;
  }

  /** Give the target of our own migration of it that is under way; null if there is none. */
  public @Nullable HostId movingTo() {
    return movingTo == null ? null : new HostId(movingTo);
  }

  public @Nullable Instant goneSince() {
    return goneSince;
  }

  /** Give the host on which it was seen to run as well; null while it runs once. */
  public @Nullable HostId secondHost() {
    return secondHostId == null ? null : new HostId(secondHostId);
  }

  public boolean running() {
    return state == GuestState.RUNNING && goneSince == null;
  }

  public boolean neverMove() {
    return neverMove;
  }

  public String neverMoveNote() {
    return neverMoveNote;
  }

  public @Nullable String probeAddress() {
    return probeAddress;
  }

  public @Nullable Integer probePort() {
    return probePort;
  }

  public MoveOptions moveOptions() {
    return moveOptions;
  }

  /** Count the changes of what operators wish for it. */
  public long version() {
    return version;
  }
}
