package io.arrowquant.cli.sql;

import io.arrowquant.core.InvalidQueryException;
import java.io.IOException;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.ipc.ArrowReader;
import org.apache.arrow.vector.types.pojo.Schema;
import org.duckdb.DuckDBConnection;
import org.duckdb.DuckDBPreparedStatement;
import org.duckdb.DuckDBResultSet;

/** The rows that a statement answers with, streamed; none for one that is no query. */
public final class QueryResult implements AutoCloseable {

  /** What DuckDB's driver says where a streamed query fails before its first row. */
  private static final String NO_MESSAGE = "Invalid result set";

  private static final int ARROW_BATCH = 2048 * 16;

  private final Statement statement;
  private final QueryCancellation cancellation;
  private final DuckDBResultSet rows;
  private final ResultSetMetaData columns;

  private QueryResult(Statement statement, QueryCancellation cancellation, DuckDBResultSet rows)
      throws SQLException {
    this.statement = statement;
    this.cancellation = cancellation;
    this.rows = rows;
    this.columns = rows == null ? null : rows.getMetaData();
  }

  /**
   * Runs a statement.
   *
   * @param refill fills streams anew that it may have taken, where it has to be asked again
   */
  static QueryResult of(DuckDBConnection duckdb, String sql, Runnable refill) throws SQLException {
    Statement statement = duckdb.createStatement();
    QueryCancellation cancellation = QueryCancellation.of(statement);
    try {
      boolean isQuery = statement.execute(sql);
      return new QueryResult(
          statement, cancellation, isQuery ? (DuckDBResultSet) statement.getResultSet() : null);
    } catch (SQLException e) {
      cancellation.close();
      statement.close();
      if (!String.valueOf(e.getMessage()).contains(NO_MESSAGE)) {
        throw e;
      }
      refill.run();
      throw reason(duckdb, sql, e);
    } catch (RuntimeException | Error e) {
      cancellation.close();
      statement.close();
      throw e;
    }
  }

  /** Asks again on the driver's other way, which loses no messages. */
  private static SQLException reason(DuckDBConnection duckdb, String sql, SQLException unknown) {
    if (Thread.currentThread().isInterrupted()) {
      return new SQLException("INTERRUPT Error: Interrupted!", unknown);
    }
    try (DuckDBPreparedStatement statement = duckdb.prepare(sql);
        var result = statement.query()) {
      return unknown;
    } catch (SQLException known) {
      return known;
    }
  }

  /** Whether there are rows to look at. */
  public boolean isQuery() {
    return rows != null;
  }

  /** Columns of the answer. */
  public int columnCount() {
    return get(columns::getColumnCount);
  }

  /**
   * @param column counted from 0
   */
  public String columnName(int column) {
    return get(() -> columns.getColumnLabel(column + 1));
  }

  /** DuckDB's name of the type. */
  public String columnType(int column) {
    return get(() -> columns.getColumnTypeName(column + 1));
  }

  /** Moves to the next row. */
  public boolean next() {
    return get(rows::next);
  }

  /** A value of the current row as the driver has it, or null. */
  public Object object(int column) {
    return get(() -> rows.getObject(column + 1));
  }

  /**
   * All rows as Arrow batches instead; closing them closes this.
   *
   * @throws InvalidQueryException if the statement was no query
   */
  public ArrowReader arrow(BufferAllocator allocator) {
    if (rows == null) {
      close();
      throw new InvalidQueryException("The statement is no query: it has no rows.");
    }
    try {
      ArrowReader reader = (ArrowReader) rows.arrowExportStream(allocator, ARROW_BATCH);
      return new ResultReader(reader, allocator);
    } catch (SQLException e) {
      close();
      throw QueryFailure.of(e);
    }
  }

  private final class ResultReader extends ArrowReader {
    private final ArrowReader batches;

    ResultReader(ArrowReader batches, BufferAllocator allocator) {
      super(allocator);
      this.batches = batches;
    }

    @Override
    public VectorSchemaRoot getVectorSchemaRoot() throws IOException {
      return batches.getVectorSchemaRoot();
    }

    @Override
    public boolean loadNextBatch() throws IOException {
      try {
        return batches.loadNextBatch();
      } catch (IOException e) {
        throw QueryFailure.of(new SQLException(e.getMessage(), e));
      }
    }

    @Override
    public long bytesRead() {
      return batches.bytesRead();
    }

    @Override
    protected Schema readSchema() throws IOException {
      return batches.getVectorSchemaRoot().getSchema();
    }

    @Override
    protected void closeReadSource() throws IOException {
      try {
        batches.close();
      } finally {
        QueryResult.this.close();
      }
    }
  }

  /** Asks the driver. */
  @FunctionalInterface
  private interface Call<T> {
    T get() throws SQLException;
  }

  private static <T> T get(Call<T> call) {
    try {
      return call.get();
    } catch (SQLException e) {
      throw QueryFailure.of(e);
    }
  }

  @Override
  public void close() {
    cancellation.close();
    get(
        () -> {
          statement.close();
          return null;
        });
  }
}
