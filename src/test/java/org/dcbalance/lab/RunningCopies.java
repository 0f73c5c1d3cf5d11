package org.dcbalance.lab;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.dcbalance.testing.Await;
import org.dcbalance.testing.Beside;
import org.jspecify.annotations.Nullable;
import org.libvirt.Connect;
import org.libvirt.DomainInfo.DomainState;
import org.libvirt.LibvirtException;

/**
 * Look ten times a second where a guest runs, beside everything else and without the console, and
 * remember whether it ever ran on two hosts at once. A host that does not answer tells nothing.
 */
public final class RunningCopies {
  private final String guest;
  private final List<Host> hosts;
  private final CompletableFuture<Void> looking;
  private volatile boolean over;
  private volatile int seen;
  private volatile int twice;
  private volatile int most;

  private RunningCopies(Lab lab, int hosts, String guest) {
    this.guest = guest;
    this.hosts =
        IntStream.rangeClosed(1, hosts).mapToObj(number -> new Host(lab.uri(number))).toList();
    looking = Beside.run(this::look);
  }

  /** Look from now on. */
  public static RunningCopies of(Lab lab, int hosts, String guest) {
    return new RunningCopies(lab, hosts, guest);
  }

  @SuppressWarnings("NonAtomicOperationOnVolatileField") // one thread writes
  private void look() {
    while (!over) {
      int copies = copies();
      if (copies > 0) {
        seen++;
      }
      // the hosts are not read at one instant: the guest may have moved between the two
      copies = copies > 1 ? Math.min(copies, copies()) : copies;
      if (copies > 1) {
        twice++;
      }
      most = Math.max(most, copies);
      Await.pause(Duration.ofMillis(100));
    }
    hosts.forEach(Host::close);
  }

  private int copies() {
    return (int) hosts.stream().filter(host -> host.runs(guest)).count();
  }

  /**
   * Look no more, and give how often two copies were running.
   *
   * @throws AssertionError if it was never seen to run at all: then this proves nothing
   */
  public int end() {
    over = true;
    looking.join();
    if (seen == 0) {
      throw new AssertionError("No host was seen to run " + guest + ".");
    }
    return twice;
  }

  /** Give the greatest number of copies that were seen to run at once. */
  public int most() {
    return most;
  }

  private static final class Host {
    private final String uri;
    private @Nullable Connect connection;

    Host(String uri) {
      this.uri = uri;
    }

    boolean runs(String guest) {
      try {
        if (connection == null) {
          connection = new Connect(uri);
        }
        for (int id : connection.listDomains()) {
          var domain = connection.domainLookupByID(id);
          if (domain.getName().equals(guest)) {
            return domain.getInfo().state == DomainState.VIR_DOMAIN_RUNNING;
          }
        }
        return false;
      } catch (LibvirtException away) {
        close();
        return false;
      }
    }

    void close() {
      if (connection != null) {
        try {
          connection.close();
        } catch (LibvirtException gone) {
          // with its host
        }
        connection = null;
      }
    }
  }
}
