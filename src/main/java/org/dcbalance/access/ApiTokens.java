package org.dcbalance.access;

import static org.dcbalance.database.Columns.instant;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;

/**
 * The API tokens, kept as SHA-256: they are long and random, so that a slow hash would add nothing.
 */
@Repository
class ApiTokens {
  private static final String COLUMNS =
      "name, role, read_only, expires_at, created_at, created_by, last_used_at";

  private final JdbcClient jdbc;

  ApiTokens(JdbcClient jdbc) {
    this.jdbc = jdbc;
  }

  /** Find the token, expired or not. */
  Optional<ApiToken> find(String token) {
    return jdbc.sql("select " + COLUMNS + " from api_token where token_hash = ?")
        .param(hash(token))
        .query(ApiTokens::token)
        .optional();
  }

  Optional<ApiToken> named(String name) {
    return jdbc.sql("select " + COLUMNS + " from api_token where name = ?")
        .param(name)
        .query(ApiTokens::token)
        .optional();
  }

  List<ApiToken> all() {
    return jdbc.sql("select " + COLUMNS + " from api_token order by name")
        .query(ApiTokens::token)
        .list();
  }

  /**
   * Give the name this token and role, whatever it had before; tell whether that changed a thing.
   */
  boolean put(String name, String token, Role role) {
    return jdbc.sql(
                """
                insert into api_token (name, token_hash, role, created_by)
                values (?, ?, ?, 'DCbalance')
                on conflict (name) do update
                  set token_hash = excluded.token_hash, role = excluded.role, created_at = now(),
                    read_only = false, expires_at = null, created_by = excluded.created_by,
                    last_used_at = null
                  where (api_token.token_hash, api_token.role, api_token.read_only)
                      <> (excluded.token_hash, excluded.role, false)
                    or api_token.expires_at is not null""")
            .params(name, hash(token), role.name())
            .update()
        == 1;
  }

  /** Add a token, unless one of that name exists; tell whether it was added. */
  boolean add(
      String name,
      String token,
      Role role,
      boolean readOnly,
      @Nullable Instant expiresAt,
      String createdBy) {
    return jdbc.sql(
                """
                insert into api_token (name, token_hash, role, read_only, expires_at, created_by)
                values (:name, :hash, :role, :readOnly, :expires, :by)
                on conflict (name) do nothing""")
            .param("name", name)
            .param("hash", hash(token))
            .param("role", role.name())
            .param("readOnly", readOnly)
            .param(
                "expires",
                expiresAt == null ? null : OffsetDateTime.ofInstant(expiresAt, ZoneOffset.UTC))
            .param("by", createdBy)
            .update()
        == 1;
  }

  /** Remember that the token was used, to the minute, so that reading does not always write. */
  void used(ApiToken token) {
    jdbc.sql(
            """
            update api_token set last_used_at = now()
            where name = ? and (last_used_at is null or last_used_at < now() - interval '1 minute')""")
        .param(token.name())
        .update();
  }

  /** Count the tokens that hold, by who made them. */
  Map<String, Long> perMaker() {
    return jdbc
        .sql(
            """
            select created_by, count(*) from api_token
            where expires_at is null or expires_at > now() group by created_by
            """)
        .query((row, index) -> Map.entry(row.getString(1), row.getLong(2)))
        .list()
        .stream()
        .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
  }

  /** Remove the token of this name; tell whether there was one. */
  boolean remove(String name) {
    return jdbc.sql("delete from api_token where name = ?").param(name).update() == 1;
  }

  private static ApiToken token(ResultSet row, int index) throws SQLException {
    return new ApiToken(
        row.getString("name"),
        Role.valueOf(row.getString("role")),
        row.getBoolean("read_only"),
        instant(row, "expires_at"),
        row.getObject("created_at", OffsetDateTime.class).toInstant(),
        row.getString("created_by"),
        instant(row, "last_used_at"));
  }

  private static byte[] hash(String token) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform has SHA-256.", e);
    }
  }
}
