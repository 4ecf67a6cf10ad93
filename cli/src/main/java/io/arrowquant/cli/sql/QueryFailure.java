package io.arrowquant.cli.sql;

import io.arrowquant.core.ArrowQuantException;
import io.arrowquant.core.InvalidModelException;
import io.arrowquant.core.InvalidQueryException;
import io.arrowquant.core.MemoryLimitException;
import io.arrowquant.core.RunInterruptedException;
import io.arrowquant.core.StorageException;
import java.sql.SQLException;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What DuckDB says of a failure, as an exception of ours in one sentence. */
final class QueryFailure {

  private static final String TAKEN = "stream has been released";

  /** An exception of the stream of rows, as it prints itself; its trace is in lines that follow. */
  private static final Pattern OF_ROWS =
      Pattern.compile("get_next failed\\(\\): [\\w.$]+\\.(\\w+(?:Exception|Error)): (.*)");

  private QueryFailure() {}

  static ArrowQuantException of(SQLException e) {
    String all = e.getMessage() == null ? "no message" : e.getMessage();
    String message = sentence(all);
    String lower = all.toLowerCase(Locale.ROOT);
    if (lower.startsWith("interrupt")) {
      return new RunInterruptedException("The query was interrupted.", e);
    }
    if (lower.startsWith("out of memory")) {
      return new MemoryLimitException(
          "The query needs more memory than --memory allows: " + message, e);
    }
    if (lower.startsWith("io error")) {
      return new StorageException("The query failed: " + message, e);
    }
    Matcher ofRows = OF_ROWS.matcher(all);
    if (ofRows.find()) {
      return ofRows.group(1).equals(InvalidModelException.class.getSimpleName())
          ? new InvalidModelException(ofRows.group(2), e)
          : new InvalidQueryException("The query failed: " + ofRows.group(2), e);
    }
    if (lower.contains(TAKEN)) {
      return new InvalidQueryException(
          "A statement can read a streamed table once; WITH w AS MATERIALIZED (FROM ...) reads it"
              + " once for all.",
          e);
    }
    return new InvalidQueryException("The query failed: " + message, e);
  }

  /** Without the lines that point into the statement, in one line, with a full stop. */
  private static String sentence(String message) {
    StringBuilder kept = new StringBuilder();
    for (String line : message.lines().toList()) {
      if (line.startsWith("LINE ") || line.startsWith("Possible solutions")) {
        break;
      }
      if (!line.isBlank()) {
        kept.append(kept.isEmpty() ? "" : " ").append(line.strip());
      }
    }
    String text = kept.toString();
    return text.matches("(?s).*[.!?]") ? text : text + ".";
  }
}
