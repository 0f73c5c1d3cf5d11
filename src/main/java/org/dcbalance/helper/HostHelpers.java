package org.dcbalance.helper;

import java.nio.file.Path;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Optional;
import org.dcbalance.audit.Act;
import org.dcbalance.audit.AuditLog;
import org.dcbalance.audit.Facts;
import org.dcbalance.audit.Thing;
import org.dcbalance.hypervisor.AllowedFiles;
import org.dcbalance.hypervisor.AllowedHosts;
import org.dcbalance.hypervisor.HypervisorException;
import org.dcbalance.hypervisor.HypervisorException.Kind;
import org.dcbalance.inventory.Host;
import org.dcbalance.inventory.Hosts;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.HostId;
import org.dcbalance.units.Operator;
import org.dcbalance.units.Problem;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionTemplate;

/** Know the helpers of hosts, and call them. One is stored only once it answered. */
@Component
public class HostHelpers {
  private final JdbcClient jdbc;
  private final Hosts hosts;
  private final AllowedFiles files;
  private final AllowedHosts addresses;
  private final AuditLog audit;
  private final TransactionTemplate transaction;

  HostHelpers(
      JdbcClient jdbc,
      Hosts hosts,
      AllowedFiles files,
      AllowedHosts addresses,
      AuditLog audit,
      TransactionTemplate transaction) {
    this.jdbc = jdbc;
    this.hosts = hosts;
    this.files = files;
    this.addresses = addresses;
    this.audit = audit;
    this.transaction = transaction;
  }

  /**
   * A helper as it was set and as it answered.
   *
   * @param whyNot why guests are not resumed lazily there; empty if they are
   */
  public record Known(
      HelperAccess access, HostHelper.Facts facts, String setBy, Instant setAt, String whyNot) {}

  /** A host with a helper, since when. */
  public record Since(HostId host, Instant at) {}

  /** Tell why a helper would do nothing for a host, as a sentence; empty if it would. */
  public static Optional<String> useless(Host host) {
    return host.hypervisor().equals("Xen")
        ? Optional.of(
            "A helper serves QEMU hosts alone: Xen reads all of a guest's memory before it runs.")
        : Optional.empty();
  }

  public Optional<Known> of(Host host) {
    return jdbc.sql("select * from host_helper where host_id = :host")
        .param("host", host.id().value())
        .query(
            (row, n) -> {
              var facts =
                  new HostHelper.Facts(
                      row.getInt("version"),
                      row.getString("hook"),
                      List.of((String[]) row.getArray("security").getArray()),
                      row.getString("emulator_user"));
              return new Known(
                  new HelperAccess(
                      row.getString("address"),
                      row.getInt("port"),
                      row.getString("login"),
                      row.getString("key_file"),
                      row.getString("host_key")),
                  facts,
                  row.getString("set_by"),
                  row.getObject("set_at", OffsetDateTime.class).toInstant(),
                  Tried.whyNot(host, facts).orElse(""));
            })
        .optional();
  }

  /** List the hosts that have one. */
  public List<Since> all() {
    return jdbc.sql("select host_id, set_at from host_helper order by host_id")
        .query(
            (row, n) ->
                new Since(
                    new HostId(row.getLong(1)), row.getObject(2, OffsetDateTime.class).toInstant()))
        .list();
  }

  /**
   * Give the helper of a host.
   *
   * @throws HypervisorException UNSUPPORTED if it has none, or its address or its key may not be
   *     used any more
   */
  public HostHelper to(Host host) {
    var known =
        of(host)
            .orElseThrow(
                () ->
                    new HypervisorException(
                        Kind.UNSUPPORTED, host.name() + " has no host helper.", null));
    try {
      return open(host, known.access());
    } catch (Problem e) {
      // why may hold the address or a path, which administrators alone see
      throw new HypervisorException(
          Kind.UNSUPPORTED,
          ("The settings of the helper of %s cannot be used any more; an administrator sees why when"
                  + " setting them again.")
              .formatted(host.name()),
          e);
    }
  }

  private HostHelper open(Host host, HelperAccess access) {
    addresses.check(access.address());
    return new HostHelper(host.name(), access, files.resolve("keyfile", Path.of(access.keyFile())));
  }

  /**
   * Ask a host's helper what it is now, and say why guests are not resumed lazily there.
   *
   * @return empty if they are
   */
  public Optional<String> whyNot(Host host) {
    try {
      var facts = to(host).version();
      store(host.id(), facts);
      return Tried.whyNot(host, facts);
    } catch (HypervisorException e) {
      return Optional.of(e.sentence());
    }
  }

  private void store(HostId host, HostHelper.Facts facts) {
    jdbc.sql(
            """
            update host_helper set version = :version, hook = :hook, security = :security,
              emulator_user = :user where host_id = :host
            """)
        .param("host", host.value())
        .param("version", facts.version())
        .param("hook", facts.hook())
        .param("security", facts.security().toArray(String[]::new))
        .param("user", facts.user())
        .update();
  }

  /**
   * Set how a host's helper is reached, once it answered that way.
   *
   * @throws Problem NOT_FOUND; BAD_REQUEST for an address, REFUSED for a key elsewhere than
   *     allowed, and for a host that it would do nothing for; HYPERVISOR if it does not answer
   */
  public Known set(HostId id, HelperAccess access, Operator by) {
    var host = hosts.require(id);
    useless(host)
        .ifPresent(
            why -> {
              throw new Problem(ErrorCode.REFUSED, why, null);
            });
    var facts = ask(host, access);
    transaction.executeWithoutResult(
        status -> {
          var before = of(host).map(k -> facts(k.access())).orElse(Facts.NONE);
          jdbc.sql(
                  """
                  insert into host_helper (host_id, address, port, login, key_file, host_key, version, hook,
                    security, emulator_user, set_by)
                  values (:host, :address, :port, :login, :key, :pinned, :version, :hook, :security, :user, :by)
                  on conflict (host_id) do update set address = excluded.address, port = excluded.port,
                    login = excluded.login, key_file = excluded.key_file, host_key = excluded.host_key,
                    version = excluded.version, hook = excluded.hook, security = excluded.security,
                    emulator_user = excluded.emulator_user, set_by = excluded.set_by, set_at = excluded.set_at
                  """)
              .param("host", id.value())
              .param("address", access.address())
              .param("port", access.port())
              .param("login", access.user())
              .param("key", access.keyFile())
              .param("pinned", access.hostKey())
              .param("version", facts.version())
              .param("hook", facts.hook())
              .param("security", facts.security().toArray(String[]::new))
              .param("user", facts.user())
              .param("by", by.name())
              .update();
          audit.change(by, Act.HOST_CHANGED, Thing.host(id, host.name()), before, facts(access));
        });
    return of(host).orElseThrow();
  }

  private HostHelper.Facts ask(Host host, HelperAccess access) {
    try {
      return open(host, access).version();
    } catch (HypervisorException e) {
      throw new Problem(
          ErrorCode.HYPERVISOR,
          e.sentence(),
          "Maybe check the address, the keys, and that the helper is the key's forced command.",
          e);
    }
  }

  /**
   * Forget a host's helper; nothing is changed on the host.
   *
   * @throws Problem NOT_FOUND
   */
  public void remove(HostId id, Operator by) {
    var host = hosts.require(id);
    transaction.executeWithoutResult(
        status ->
            of(host)
                .ifPresent(
                    known -> {
                      jdbc.sql("delete from host_helper where host_id = :host")
                          .param("host", id.value())
                          .update();
                      audit.note(
                          by,
                          Act.HOST_CHANGED,
                          Thing.host(id, host.name()),
                          facts(known.access()),
                          Facts.NONE);
                    }));
  }

  private static Facts facts(HelperAccess access) {
    return Facts.of("helper", access.user() + "@" + access.address() + ":" + access.port())
        .and("helper's key file", access.keyFile())
        .and("helper's host key", access.hostKey());
  }
}
