package org.dcbalance.inventory;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.EnumType;
import jakarta.persistence.Enumerated;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.Version;
import java.time.Instant;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.dcbalance.hypervisor.Capability;
import org.dcbalance.hypervisor.HostFacts;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Memory;
import org.dcbalance.units.PoolId;
import org.dcbalance.units.Problem;
import org.hibernate.annotations.JdbcTypeCode;
import org.hibernate.annotations.SQLRestriction;
import org.hibernate.type.SqlTypes;
import org.jspecify.annotations.Nullable;

/**
 * Know a host: how to reach it, what it is, and whether operators want it to take guests.
 *
 * <p>Its state is observed and written by the inventory sync alone, outside this aggregate.
 */
@Entity
@SQLRestriction("removed_at is null")
public class Host {
  private static final Pattern NAME = Pattern.compile("[\\p{L}\\p{N}][\\p{L}\\p{N}._-]{0,62}");

  @Id
  @GeneratedValue(strategy = GenerationType.IDENTITY)
  private @Nullable Long id;

  private long poolId;
  private String name = "";
  private String uri = "";
  private @Nullable String peerUri;
  private @Nullable UUID uuid;
  private String hypervisor = "";
  private String hypervisorVersion = "";
  private String libraryVersion = "";
  private int cores;
  private long memoryBytes;

  @JdbcTypeCode(SqlTypes.JSON)
  private Map<String, String> missing = Map.of();

  @Enumerated(EnumType.STRING)
  @Column(updatable = false)
  private State state = State.NEW;

  @Column(updatable = false)
  private String stateDetail = "";

  @Column(updatable = false)
  private Instant stateSince = Instant.EPOCH;

  private boolean maintenance;

  @Column(updatable = false)
  private @Nullable Instant lastSeen;

  @Column(updatable = false)
  private Instant addedAt = Instant.EPOCH;

  private @Nullable Instant removedAt;
  @Version private long version;

  protected Host() {}

  public Host(PoolId pool, String name, String uri, @Nullable String peerUri, Instant now) {
    this.poolId = pool.value();
    rename(name);
    connectBy(uri, peerUri);
    this.stateSince = now;
    this.addedAt = now;
  }

  /** What the last attempt to read the host gave. */
  public enum State {
    NEW,
    UP,
    DOWN,
    UNSUPPORTED
  }

  public final void rename(String newName) {
    if (!NAME.matcher(newName).matches()) {
      throw new Problem(
          ErrorCode.BAD_REQUEST,
          "\""
              + newName
              + "\" is not a host name that can be shown: it needs 1 to 63 letters,"
              + " digits, dots, hyphens or underscores, and starts with a letter or digit.",
          "Maybe use the host's short name, such as kvm-01.");
    }
    this.name = newName;
  }

  public final void connectBy(String newUri, @Nullable String newPeerUri) {
    this.uri = newUri;
    this.peerUri = newPeerUri;
  }

  public void learn(HostFacts facts) {
    this.uuid = facts.uuid();
    this.hypervisor = facts.hypervisor();
    this.hypervisorVersion = facts.hypervisorVersion();
    this.libraryVersion = facts.libraryVersion();
    this.cores = facts.cores();
    this.memoryBytes = facts.memory().bytes();
    this.missing =
        facts.missing().entrySet().stream()
            .collect(Collectors.toMap(e -> e.getKey().name(), Map.Entry::getValue));
  }

  public void moveTo(PoolId pool) {
    this.poolId = pool.value();
  }

  void remove(Instant now) {
    this.removedAt = now;
  }

  public void maintain(boolean on) {
    this.maintenance = on;
  }

  public HostId id() {
    return new HostId(Objects.requireNonNull(id, "not stored yet"));
  }

  public PoolId poolId() {
    return new PoolId(poolId);
  }

  public String name() {
    return name;
  }

  public String uri() {
    return uri;
  }

  /** Give the URI by which other hosts reach this one; null where none was given. */
  public @Nullable String peerUri() {
    return peerUri;
  }

  /** Give the URI that a source's daemon uses to send a guest here. */
  public String reachedAt() {
    return peerUri == null ? uri : peerUri;
  }

  public @Nullable UUID uuid() {
    return uuid;
  }

  public String hypervisor() {
    return hypervisor;
  }

  public String hypervisorVersion() {
    return hypervisorVersion;
  }

  public String libraryVersion() {
    return libraryVersion;
  }

  public int cores() {
    return cores;
  }

  public Memory memory() {
    return new Memory(memoryBytes);
  }

  /** Name what the host cannot do, by capability, with the reason. */
  public Map<Capability, String> missing() {
    return missing.entrySet().stream()
        .collect(
            Collectors.toMap(
                e -> Capability.valueOf(e.getKey()),
                Map.Entry::getValue,
                (one, _) -> one,
                () -> new EnumMap<>(Capability.class)));
  }

  public boolean can(Capability capability) {
    return !missing.containsKey(capability.name());
  }

  public State state() {
    return state;
  }

  public String stateDetail() {
    return stateDetail;
  }

  public Instant stateSince() {
    return stateSince;
  }

  public boolean maintenance() {
    return maintenance;
  }

  /** Tell whether it was taken out of the inventory. */
  public boolean removed() {
    return removedAt != null;
  }

  public @Nullable Instant lastSeen() {
    return lastSeen;
  }

  /** Count its changes by operators. */
  public long version() {
    return version;
  }
}
