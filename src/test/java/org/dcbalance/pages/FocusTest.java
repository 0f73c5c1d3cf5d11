package org.dcbalance.pages;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import org.dcbalance.testing.Await;
import org.dcbalance.testing.ChromiumInstalled;
import org.dcbalance.testing.ConsolePagesTest;
import org.dcbalance.testing.RecordedPool;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.openqa.selenium.By;

/** Where the focus goes on an open page once what has it is taken away, in a real browser. */
@ConsolePagesTest
@ExtendWith(ChromiumInstalled.class)
class FocusTest extends SimulatedPages {
  private static final Duration SOON = Duration.ofSeconds(20);

  @Test
  void anAbortThatIsNotOfferedAnyMoreLeavesItToTheStateOfItsMigration() throws IOException {
    try (var pool = new RecordedPool(jdbc, "focus-1", 1);
        var browser = new PageBrowser()) {
      long migration = running(pool);
      var web = browser.web();
      browser.signIn(port);
      web.get(address("/migrations/" + migration));
      Await.until(
          "a page that listens",
          SOON,
          () -> web.executeScript("return document.querySelector('#live-state .word').textContent"),
          "Live"::equals);
      web.executeScript("document.getElementById('abort').focus()");
      jdbc.sql("update migration set switched_at = now() where id = :id")
          .param("id", migration)
          .update();
      web.executeScript("document.body.dispatchEvent(new CustomEvent('migration-changed'))");
      Await.until(
          "the focus on its state",
          SOON,
          () -> web.executeScript("return document.activeElement.id"),
          "migration-status"::equals);
      assertThat(web.findElements(By.id("abort"))).isEmpty();

      jdbc.sql(
              "update migration set state = 'FAILED', phase = 'DONE', finished_at = now() where id = :id")
          .param("id", migration)
          .update();
      web.executeScript("document.body.dispatchEvent(new CustomEvent('migration-changed'))");
      Await.until(
          "its end",
          SOON,
          () -> web.findElement(By.id("migration-status")).getText().strip(),
          "Failed"::equals);
      // a region that is replaced says nothing
      assertThat(
              web.executeScript(
                  "return document.getElementById('migration-status').isSameNode(document.activeElement)"))
          .isEqualTo(true);
    } finally {
      jdbc.sql("delete from migration where requested_by = 'focus'").update();
    }
  }

  /** One of an epoch under which this console drives nothing, so that it stays as it is. */
  private long running(RecordedPool pool) {
    return jdbc.sql(
            """
            insert into migration (pool_id, vm_id, source_id, target_id, state, phase, why, requested_by,
              created_at, started_at, epoch)
            select :pool, v.id, v.host_id, t.id, 'RUNNING', 'COPYING', 'a test', 'focus', now(), now(),
              1::bigint << 50
            from vm v, host t where v.name = 'focus-1-vm-1' and t.name = 'focus-1-2' returning id
            """)
        .param("pool", pool.id())
        .query(Long.class)
        .single();
  }

  private String address(String path) {
    return "http://127.0.0.1:" + port + path;
  }
}
