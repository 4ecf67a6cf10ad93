package io.arrowquant.cli.sql;

import java.nio.file.Path;
import java.util.List;

/**
 * What a {@link ModelDatabase} may use.
 *
 * @param memoryBytes DuckDB's memory; what needs more is spilled to a temporary folder
 * @param threads 0 for as many as there are processors
 * @param folders in which statements may read and write files; none by default
 */
public record DatabaseOptions(long memoryBytes, int threads, List<Path> folders) {

  /** 10^9 bytes. */
  public static final long DEFAULT_MEMORY = 1_000_000_000;

  /** {@link #DEFAULT_MEMORY}, a thread per processor, no folders of others. */
  public static final DatabaseOptions DEFAULT = new DatabaseOptions(DEFAULT_MEMORY, 0, List.of());

  public DatabaseOptions {
    folders = List.copyOf(folders);
  }
}
