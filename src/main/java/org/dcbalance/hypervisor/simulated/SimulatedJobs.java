package org.dcbalance.hypervisor.simulated;

import static org.dcbalance.hypervisor.HypervisorException.Kind.ABORTED;
import static org.dcbalance.hypervisor.HypervisorException.Kind.UNSUPPORTED;
import static org.dcbalance.hypervisor.simulated.SimulatedLink.failed;
import static org.dcbalance.hypervisor.simulated.SimulatedLink.refuse;

import java.net.URI;
import java.util.Optional;
import java.util.UUID;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.MigrationOrder;
import org.dcbalance.hypervisor.MigrationProgress;

/** Begin the migrations from one simulated host, refuse those that cannot be, and follow them. */
final class SimulatedJobs {
  private final SimulatedWorld world;
  private final SimulatedHost host;
  private final SimulatedLink link;

  SimulatedJobs(SimulatedWorld world, SimulatedHost host, SimulatedLink link) {
    this.world = world;
    this.host = host;
    this.link = link;
  }

  /** Migrate a guest; returns when it is over. */
  void run(MigrationOrder order) {
    var migration = link.ask(() -> start(order));
    world.await(migration);
  }

  private SimulatedMigration start(MigrationOrder order) {
    var guest = link.here(order.guest());
    var target = peer(order.peerUri()).orElseThrow(() -> failed(noHost(order.peerUri())));
    refuse(!target.up(), silent(target));
    refuse(target == host, guest.name() + " is on " + host.name() + " already.");
    refuseMigrating(guest);
    refuse(!guest.running(), guest.name() + " does not run.");
    for (var tie : guest.plan().ties()) {
      refuse(true, guest.name() + " is tied to " + host.name() + " by " + tie.detail() + ".");
    }
    refuse(
        !guest.plan().storage().equals(Fleet.SHARED),
        target.name() + " has no " + guest.plan().storage() + "/" + guest.name() + ".qcow2.");
    long room = target.memory().mib() - world.memoryTaken(target);
    refuse(
        guest.has() > room,
        target.name()
            + " has "
            + room
            + " MiB of memory left, and "
            + guest.name()
            + " needs "
            + guest.has()
            + " MiB.");
    refuse(guest.ballooning(), "The balloon of " + guest.name() + " still moves.");
    var tuning = order.tuning();
    if (tuning.postCopy() || tuning.compressionCache() != null || tuning.connections() > 1) {
      throw new HypervisorException(UNSUPPORTED, SimulatedHypervisor.NOT_SIMULATED, null);
    }
    var migration = new SimulatedMigration(guest, host, target, tuning);
    world.start(migration);
    return migration;
  }

  /** Refuse what is not done to a guest that is being migrated. */
  void refuseMigrating(SimulatedGuest guest) {
    refuse(world.migrationOf(guest.uuid()).isPresent(), guest.name() + " is being migrated.");
  }

  Optional<SimulatedMigration> outgoing(UUID guest) {
    return world.migrationOf(guest).filter(m -> m.source() == host);
  }

  SimulatedMigration job(SimulatedGuest guest) {
    return outgoing(guest.uuid())
        .orElseThrow(() -> failed("No migration of " + guest.name() + " is running."));
  }

  Optional<MigrationProgress> progress(UUID guest) {
    return link.ask(
        () ->
            outgoing(guest)
                .map(
                    m ->
                        new MigrationProgress(
                            world.time().now(),
                            m.elapsed(),
                            m.guest().plan().memory(),
                            m.processed(),
                            m.remaining(),
                            m.dirtyRate(),
                            m.bandwidth(),
                            m.iteration(),
                            m.throttle())));
  }

  void abort(SimulatedGuest guest) {
    var migration = job(guest);
    refuse(migration.switching(), guest.name() + " is switching over: it is too late.");
    world.abort(
        migration,
        new HypervisorException(
            ABORTED, "The migration of " + guest.name() + " was aborted.", null));
  }

  /** Say why the host does not reach another one; empty if it does. */
  Optional<String> reach(String peerUri) {
    var peer = peer(peerUri);
    if (peer.isEmpty()) {
      return Optional.of(noHost(peerUri));
    }
    return peer.filter(p -> !p.up()).map(this::silent);
  }

  private Optional<SimulatedHost> peer(String uri) {
    try {
      var parsed = URI.create(uri);
      return SimulatedDriver.SCHEME.equals(parsed.getScheme())
          ? world.host(SimulatedDriver.hostName(parsed))
          : Optional.empty();
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static String noHost(String uri) {
    return "There is no simulated host " + uri + ".";
  }

  private String silent(SimulatedHost peer) {
    return peer.name() + " does not answer " + host.name() + ".";
  }
}
