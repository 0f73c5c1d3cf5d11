package org.dcbalance.database;

import java.nio.file.Path;
import java.time.Duration;
import org.hibernate.validator.constraints.time.DurationMin;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * Settings of this installation's data.
 *
 * @param dataDir folder of the embedded database and of generated secrets
 * @param databaseWait how long a start waits for a database that does not answer
 */
@Validated
@ConfigurationProperties("dcbalance")
public record DatabaseSettings(
    @DefaultValue(".dcbalance") Path dataDir,
    @DefaultValue("60s") @DurationMin Duration databaseWait) {
  /** Give the folder in absolute form. */
  public Path folder() {
    return dataDir.toAbsolutePath().normalize();
  }
}
