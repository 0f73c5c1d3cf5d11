package org.dcbalance.audit;

import org.springframework.jdbc.core.SimplePropertyRowMapper;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** Tell how well the audit log is kept from those who run the console. */
@Component
public class AuditProtection {
  private final JdbcClient jdbc;

  AuditProtection(JdbcClient jdbc) {
    this.jdbc = jdbc;
  }

  /**
   * Say whether the application's own role can rewrite the log.
   *
   * @param role by which the application works with the database
   * @param appendOnly whether that role can neither change, nor remove, nor take the log over
   */
  public record Protection(String role, boolean appendOnly) {}

  public Protection now() {
    return jdbc.sql(
            """
            select current_user as role,
              not (has_table_privilege('audit_entry', 'UPDATE')
                or has_any_column_privilege('audit_entry', 'UPDATE')
                or has_table_privilege('audit_entry', 'DELETE')
                or has_table_privilege('audit_entry', 'TRUNCATE')
                or has_table_privilege('audit_entry', 'TRIGGER')
                or pg_has_role(c.relowner, 'MEMBER')
                or (select rolsuper or rolcreaterole from pg_roles where rolname = current_user))
              as append_only
            from pg_class c where c.oid = cast('audit_entry' as regclass)
            """)
        .query(new SimplePropertyRowMapper<>(Protection.class))
        .single();
  }
}
