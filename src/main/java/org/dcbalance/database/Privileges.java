package org.dcbalance.database;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

/**
 * Give the application's role what it needs and no more, where the tables belong to another role:
 * it may add to the audit log and read it, and neither change, nor shorten, nor replace it.
 */
final class Privileges {
  private Privileges() {}

  /**
   * Grant, as the owner of the tables, in one transaction.
   *
   * @return whether there was somebody else to grant to
   */
  static boolean grant(Connection owner, String application) throws SQLException {
    try (var statement = owner.createStatement()) {
      try (var me = statement.executeQuery("select current_user, current_schema")) {
        me.next();
        if (me.getString(1).equals(application)) {
          return false;
        }
        var schema = statement.enquoteIdentifier(me.getString(2), true);
        var role = statement.enquoteIdentifier(application, true);
        owner.setAutoCommit(false);
        for (var sql :
            List.of(
                "grant usage on schema %s to %s",
                "grant select, insert, update, delete on all tables in schema %s to %s",
                "grant usage, select on all sequences in schema %s to %s",
                "grant execute on all functions in schema %s to %s",
                "revoke update, delete, truncate, references, trigger on %s.audit_entry from %s",
                "revoke insert, update, delete on %s.flyway_schema_history from %s")) {
          statement.execute(sql.formatted(schema, role));
        }
        owner.commit();
        return true;
      }
    }
  }
}
