package org.dcbalance;

import java.time.Clock;
import java.util.Locale;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.context.properties.ConfigurationPropertiesScan;
import org.springframework.context.annotation.Bean;
import org.springframework.scheduling.annotation.EnableScheduling;

/** Starts the console. */
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
    SpringApplication.run(DcBalanceApplication.class, args);
  }

  @Bean
  Clock clock() {
    return Clock.systemUTC();
  }
}
