package io.arrowquant.cli.sql;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.function.Predicate;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.ipc.ArrowReader;

/** What a model gives to SQL. */
sealed interface ModelTables extends AutoCloseable permits CheckpointTables, QuantizedTables {

  /** Makes the views, before the doors are closed. */
  void create(Connection duckdb) throws SQLException;

  /** Files that the views read through DuckDB. */
  List<String> files();

  /** Files and folders that no statement may write. */
  List<Path> own();

  /** Names of all tensors. */
  List<String> tensors();

  /** Views that read a stream, which one statement can read once. */
  List<String> streamed();

  /** The rows behind such a view. */
  ArrowReader rows(String view, BufferAllocator allocator);

  /** The rows of some tensors. */
  ArrowReader rows(Predicate<String> tensors, BufferAllocator allocator);

  @Override
  void close();
}
