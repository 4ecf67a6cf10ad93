package io.arrowquant.cli.sql;

import java.util.function.Supplier;
import org.apache.arrow.c.ArrowArrayStream;
import org.apache.arrow.c.Data;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.ipc.ArrowReader;
import org.duckdb.DuckDBConnection;

/**
 * A stream structure that DuckDB knows by its address and takes the stream out of when it scans it.
 * Refilled before each statement.
 */
final class StreamedView implements AutoCloseable {

  private final String name;
  private final Supplier<ArrowReader> rows;
  private final BufferAllocator allocator;
  private final ArrowArrayStream structure;

  /**
   * @param name that DuckDB knows the stream by
   */
  StreamedView(String name, Supplier<ArrowReader> rows, BufferAllocator allocator) {
    this.name = name;
    this.rows = rows;
    this.allocator = allocator;
    this.structure = ArrowArrayStream.allocateNew(allocator);
  }

  /** Puts a fresh stream in, where the last one was taken, and tells DuckDB of it. */
  void refill(DuckDBConnection duckdb) {
    if (structure.snapshot().release == 0) {
      Data.exportArrayStream(allocator, rows.get(), structure);
      duckdb.registerArrowStream(name, structure);
    }
  }

  @Override
  public void close() {
    structure.release();
    structure.close();
  }
}
