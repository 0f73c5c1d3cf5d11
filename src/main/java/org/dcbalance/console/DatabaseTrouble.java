package org.dcbalance.console;

import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.Optional;
import org.dcbalance.units.ErrorCode;
import org.dcbalance.units.Problem;
import org.jspecify.annotations.Nullable;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.jdbc.CannotGetJdbcConnectionException;
import org.springframework.transaction.CannotCreateTransactionException;

/** Recognise that the database is away, under the many names that libraries give it. */
final class DatabaseTrouble {
  private static final int DEPTH = 12;

  private DatabaseTrouble() {}

  static Optional<Trouble> find(Throwable failure) {
    if (failure instanceof Problem) {
      return Optional.empty();
    }
    var notBegun = false;
    var lost = false;
    @Nullable Throwable cause = failure;
    for (int depth = 0; cause != null && depth < DEPTH; depth++, cause = cause.getCause()) {
      notBegun |=
          cause instanceof CannotGetJdbcConnectionException
              || cause instanceof CannotCreateTransactionException
              || cause instanceof SQLTransientConnectionException;
      lost |= cause instanceof SQLException sql && connectionLost(sql.getSQLState());
    }
    if (notBegun) {
      return Optional.of(
          Trouble.of(
              ErrorCode.UNAVAILABLE,
              "The database does not answer. Nothing was changed.",
              "Maybe wait a moment and try again; if it stays away, look at the PostgreSQL"
                  + " server."));
    }
    return lost
        ? Optional.of(
            Trouble.of(
                ErrorCode.UNAVAILABLE,
                "The connection to the database was lost half-way.",
                "Maybe load the page again to see whether the change was made."))
        : Optional.empty();
  }

  /** Tell whether a value cannot be one of its column: class 22 of the SQL states. */
  static boolean noValue(Throwable failure) {
    return NestedExceptionUtils.getMostSpecificCause(failure) instanceof SQLException sql
        && String.valueOf(sql.getSQLState()).startsWith("22");
  }

  /** Class 08 of the SQL states, and the server's words for being shut down or starting up. */
  private static boolean connectionLost(@Nullable String state) {
    return state != null && (state.startsWith("08") || state.startsWith("57P0"));
  }
}
