package org.dcbalance.inventory;

import java.util.ArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import org.dcbalance.leadership.Leadership;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.dao.DataAccessException;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;
import org.springframework.transaction.TransactionException;

/** Ask the addresses of hosts whose libvirt does not answer, for as long as it does not. */
@Component
class SilenceWatch implements DisposableBean {
  private static final Logger log = LoggerFactory.getLogger(SilenceWatch.class);

  private final Hosts hosts;
  private final HostFencing fencing;
  private final Leadership leadership;
  private final AtomicBoolean underWay = new AtomicBoolean();
  // a platform thread: the echo of Java blocks its carrier
  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().name("silence").factory());

  SilenceWatch(Hosts hosts, HostFencing fencing, Leadership leadership) {
    this.hosts = hosts;
    this.fencing = fencing;
    this.leadership = leadership;
  }

  @Scheduled(fixedDelay = 5000)
  void look() {
    if (leadership.held() && underWay.compareAndSet(false, true)) {
      thread.execute(
          () -> {
            try {
              var silent = fencing.silentOrFenced();
              hosts.findAllByOrderByName().forEach(host -> look(host, silent.contains(host.id())));
            } catch (DataAccessException | TransactionException e) {
              log.warn("Silent hosts are asked later: {}", e.getMessage());
            } finally {
              underWay.set(false);
            }
          });
    }
  }

  private void look(Host host, boolean wasAway) {
    switch (host.state()) {
      case UP -> {
        if (wasAway) {
          fencing.answersAgain(host);
        }
      }
      case DOWN -> {
        var uris = new ArrayList<String>();
        uris.add(host.uri());
        var peer = host.peerUri();
        if (peer != null) {
          uris.add(peer);
        }
        var heard = AddressProbe.ask(uris);
        fencing.heard(host.id(), heard);
      }
      case NEW, UNSUPPORTED -> {}
    }
  }

  @Override
  public void destroy() {
    thread.shutdownNow();
  }
}
