package org.dcbalance;

import java.time.Clock;
import java.util.Arrays;
import java.util.Locale;
import org.dcbalance.database.MigrateCommand;
import org.dcbalance.offline.Offline;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.context.properties.ConfigurationPropertiesScan;
import org.springframework.context.annotation.Bean;
import org.springframework.scheduling.annotation.EnableScheduling;
import org.springframework.scheduling.concurrent.ThreadPoolTaskScheduler;

/** Starts the console, or answers a command that needs none. */
@SpringBootApplication
@ConfigurationPropertiesScan
@EnableScheduling
public class DcBalanceApplication {
  /** At least as many as there are scheduled tasks. */
  private static final int SCHEDULED_AT_ONCE = 32;

  public static void main(String[] args) {
    // sentences are English, whatever the machine speaks, and so are their numbers
    Locale.setDefault(Locale.ENGLISH);
    if (args.length > 0 && args[0].equals("unpack")) {
      System.exit(Unpack.run(args, System.out, System.err));
    }
    if (args.length > 0 && args[0].equals("migrate")) {
      System.exit(MigrateCommand.run(System.out, Arrays.copyOfRange(args, 1, args.length)));
    }
    if (Offline.answers(args)) {
      System.exit(Offline.run(System.out, System.err, args));
    }
    SpringApplication.run(DcBalanceApplication.class, args);
  }

  @Bean
  Clock clock() {
    return Clock.systemUTC();
  }

  /**
   * Give each scheduled task a thread while it runs. With virtual threads switched on, Spring Boot
   * would run all that have a delay on a single one, where a host that does not answer, or old
   * samples to be dropped, would keep migrations from being started.
   */
  @Bean
  ThreadPoolTaskScheduler taskScheduler() {
    var scheduler = new ThreadPoolTaskScheduler();
    scheduler.setPoolSize(SCHEDULED_AT_ONCE);
    scheduler.setThreadNamePrefix("schedule-");
    scheduler.setDaemon(true);
    // none of them is interrupted amid a call to a host
    scheduler.setWaitForTasksToCompleteOnShutdown(true);
    return scheduler;
  }
}
