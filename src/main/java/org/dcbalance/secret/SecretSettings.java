package org.dcbalance.secret;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * Settings of secrets at rest.
 *
 * @param keyFile file that holds the key; null for a generated one in the data folder, which is
 *     allowed with the embedded database alone
 */
@ConfigurationProperties("dcbalance.secret")
record SecretSettings(@Nullable Path keyFile) {}
