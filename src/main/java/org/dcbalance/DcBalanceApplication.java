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

/** Starts the console, or answers a command that needs none. */
@SpringBootApplication
@ConfigurationPropertiesScan
@EnableScheduling
public class DcBalanceApplication {
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
}
