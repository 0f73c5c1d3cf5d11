package org.dcbalance.access;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Optional;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;

/**
 * The API tokens, kept as SHA-256: they are long and random, so that a slow hash would add nothing.
 */
@Repository
class ApiTokens {
  private final JdbcClient jdbc;

  ApiTokens(JdbcClient jdbc) {
    this.jdbc = jdbc;
  }

  Optional<ApiToken> find(String token) {
    return jdbc.sql("select name, role from api_token where token_hash = ?")
        .param(hash(token))
        .query((row, index) -> new ApiToken(row.getString(1), Role.valueOf(row.getString(2))))
        .optional();
  }

  /** Give the name this token and role, whatever it had before. */
  void put(String name, String token, Role role) {
    jdbc.sql(
            """
            insert into api_token (name, token_hash, role) values (?, ?, ?)
            on conflict (name) do update
              set token_hash = excluded.token_hash, role = excluded.role, created_at = now()
              where (api_token.token_hash, api_token.role) <> (excluded.token_hash, excluded.role)""")
        .params(name, hash(token), role.name())
        .update();
  }

  /** Remove the token of this name; tell whether there was one. */
  boolean remove(String name) {
    return jdbc.sql("delete from api_token where name = ?").param(name).update() == 1;
  }

  private static byte[] hash(String token) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform has SHA-256.", e);
    }
  }
}
