package org.dcbalance.hypervisor.libvirt;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.HypervisorException.Kind;
import org.dcbalance.units.ByteRate;
import org.dcbalance.units.Memory;
import org.libvirt.Domain;
import org.libvirt.LibvirtException;

/**
 * Capture Xen guests by saving them, which ends them, and reading them back at once. Xen freezes no
 * disks meanwhile, so only guests are captured that write to none.
 */
final class XenStates extends VolumeStates {
  // struct libxlSavefileHeader of libvirt's libxl_conf.h: magic, version, length of the XML that
  // follows the header, room to spare
  private static final byte[] MAGIC = "libvirt-xml\n \0 \r".getBytes(StandardCharsets.US_ASCII);
  private static final int HEADER = 64;
  private static final int LENGTH_AT = 20;
  private static final int LONGEST = 1 << 20;

  // virDomainSaveRestoreFlags
  private static final int PAUSED = 4;

  XenStates(HostLink link, Alone alone) {
    super(link, alone, MAGIC);
  }

  @Override
  public boolean ends() {
    return true;
  }

  @Override
  public List<FrozenDisk> plan(UUID guest, String suffix) {
    return link.call(
        "tell a guest's disks",
        connection -> {
          var domain = connection.domain(guest);
          try {
            var xml = new DomainXml(domain.getXMLDesc(0));
            requireRunning(connection, guest, xml.name());
            var reasons = new ArrayList<String>();
            if (domain.isPersistent() == 0) {
              reasons.add("it has no definition, and nothing would be left of it should Xen fail");
            }
            xml.ties().forEach(t -> reasons.add(t.detail()));
            xml.disks().stream()
                .filter(d -> !d.readOnly() && !d.medium())
                .forEach(d -> reasons.add("Xen cannot freeze its disk " + d.target()));
            if (!reasons.isEmpty()) {
              throw failed(
                  "No checkpoint of %s can be taken on %s: %s.",
                  xml.name(), link.label(), String.join("; ", reasons));
            }
            return List.of();
          } finally {
            domain.free();
          }
        });
  }

  @Override
  public Memory size(UUID guest, List<FrozenDisk> disks) {
    return link.call(
        "tell the size of a guest",
        connection -> {
          var domain = connection.domain(guest);
          try {
            return XenBalloon.has(domain);
          } finally {
            domain.free();
          }
        });
  }

  @Override
  public Captured capture(
      UUID guest, String pool, String volume, List<FrozenDisk> disks, boolean live) {
    long begun = System.nanoTime();
    alone.run(
        guest,
        "a checkpoint",
        () -> {
          var name =
              link.longCall("save a guest", connection -> save(connection, guest, pool, volume));
          try {
            readBack(pool, volume, false);
          } catch (HypervisorException e) {
            throw failed(
                "%s was saved on %s, and could not be read back: %s",
                name, link.label(), e.sentence());
          }
        });
    // it stood still from the first page on
    var stood = Duration.ofNanos(System.nanoTime() - begun);
    return new Captured(stood, stood);
  }

  private String save(OpenConnection connection, UUID guest, String pool, String volume)
      throws LibvirtException {
    var domain = connection.domain(guest);
    try {
      var name = domain.getName();
      requireRunning(connection, guest, name);
      var moves = XenBalloon.moves(domain, link.label());
      if (moves.isPresent()) {
        throw new HypervisorException(Kind.FAILED, moves.get(), null);
      }
      write(domain, name, volumes.path(connection, pool, volume));
      return name;
    } finally {
      domain.free();
    }
  }

  /**
   * libvirt (9.0) has no call that lets a guest go on which Xen suspended for a save that failed.
   */
  private void write(Domain domain, String name, String path) throws LibvirtException {
    try {
      domain.save(path);
    } catch (LibvirtException e) {
      throw new HypervisorException(
          Kind.FAILED,
          ("%s could not be saved on %s: %s. Xen may have left it suspended, though libvirt calls it"
                  + " running. Maybe see whether it answers; if not, move it to another host: even a"
                  + " move that fails lets it go on.")
              .formatted(name, link.label(), LibvirtFailure.of(e).said()),
          e);
    }
  }

  private void readBack(String pool, String volume, boolean paused) {
    link.longCall(
        "restore a guest",
        connection -> {
          connection.checked(
              connection
                  .library()
                  .virDomainRestoreFlags(
                      connection.pointer(),
                      volumes.path(connection, pool, volume),
                      null,
                      paused ? PAUSED : 0));
          return null;
        });
  }

  @Override
  public Fit fit(String pool, String memory) {
    var guest = captured(pool, memory);
    return link.call(
        "tell whether it can run a captured guest",
        connection -> {
          var networks = NetworkFitting.of(connection, guest);
          var notes = new ArrayList<>(networks.notes());
          notes.add("could not tell whether its CPU fits");
          return new Fit(guest.memory(), networks.lacks(), notes);
        });
  }

  private DomainXml captured(String pool, String memory) {
    return new DomainXml(savedXml(pool, memory));
  }

  /** Read the XML that a guest had when it was saved. libvirt tells it of no Xen guest. */
  private String savedXml(String pool, String memory) {
    requireMemory(pool, memory);
    var header = ByteBuffer.wrap(volumes.beginning(pool, memory, HEADER));
    int length = header.order(ByteOrder.LITTLE_ENDIAN).getInt(LENGTH_AT);
    if (length <= 0 || length > LONGEST) {
      throw failed("%s on %s is a saved memory of a form that is not known.", memory, link.label());
    }
    var bytes = volumes.beginning(pool, memory, HEADER + length);
    return new String(bytes, HEADER, length, StandardCharsets.UTF_8).replace("\0", "");
  }

  @Override
  public void restore(
      UUID guest, String pool, String memory, Map<String, String> disks, boolean paused) {
    var xml = savedXml(pool, memory);
    alone.run(
        guest,
        "a restore",
        () -> {
          readBack(pool, memory, paused);
          define(xml);
        });
  }

  @Override
  public void define(UUID guest, String pool, String memory, Map<String, String> disks) {
    var xml = savedXml(pool, memory);
    alone.run(guest, "a definition", () -> define(xml));
  }

  private void define(String xml) {
    link.call(
        "define a guest",
        connection -> {
          connection.domainDefineXML(xml).free();
          return null;
        });
  }

  @Override
  public Optional<Writing> writing(UUID guest) {
    return Optional.empty();
  }

  @Override
  public Optional<String> mapped(UUID guest) {
    return Optional.empty();
  }

  @Override
  public List<String> whyNoCopy(String pool, String memory, Copy copy) {
    return List.of("cannot run a copy of it: Xen reads a saved guest back as what it was");
  }

  @Override
  public ByteRate bandwidth(UUID guest) {
    throw never();
  }

  @Override
  public void mergeBack(UUID guest, FrozenDisk disk) {
    throw never();
  }

  @Override
  public void detach(UUID guest, String target, Consumer<Double> progress) {
    throw never();
  }

  @Override
  public void copyMemory(
      String pool, String memory, Copy copy, String volume, Map<String, String> disks) {
    throw never();
  }

  @Override
  public void restoreCopy(
      String pool, String memory, Copy copy, String volume, Map<String, String> disks) {
    throw never();
  }

  @Override
  public void restoreMapped(
      UUID guest, String pool, String image, String memory, Map<String, String> disks) {
    throw never();
  }

  private HypervisorException never() {
    return new HypervisorException(
        Kind.UNSUPPORTED, "%s does this with no Xen guest.".formatted(link.label()), null);
  }
}
