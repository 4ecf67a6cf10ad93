package io.arrowquant.cli.sql;

import io.arrowquant.arrow.tensor.MatrixShape;
import io.arrowquant.arrow.tensor.SafeTensorsAdapter;
import io.arrowquant.arrow.tensor.Widening;
import io.arrowquant.core.checkpoint.CheckpointTensor;
import io.arrowquant.core.remote.RemotePath;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.function.Predicate;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.ipc.ArrowReader;
import org.duckdb.DuckDBAppender;
import org.duckdb.DuckDBConnection;

/** A SafeTensors checkpoint: what its headers say, and its weights where they lie. */
final class CheckpointTables implements ModelTables {

  private static final String WEIGHTS = "weights";

  private final SafeTensorsAdapter adapter;

  CheckpointTables(Path path, BufferAllocator allocator) {
    this.adapter = SafeTensorsAdapter.load(path, allocator);
  }

  @Override
  public void create(Connection duckdb) throws SQLException {
    try (Statement statement = duckdb.createStatement()) {
      statement.execute(Sql.resource("tensors.sql"));
    }
    int id = 0;
    try (DuckDBAppender rows = duckdb.unwrap(DuckDBConnection.class).createAppender("tensors")) {
      for (CheckpointTensor tensor : adapter.checkpoint().tensors()) {
        MatrixShape matrix = MatrixShape.of(tensor.name(), tensor.shape());
        rows.beginRow()
            .append(id++)
            .append(tensor.name())
            .append(tensor.file().file().getFileName().toString())
            .append(tensor.shape().stream().mapToLong(Long::longValue).toArray())
            .append(matrix.rows())
            .append(matrix.columns())
            .append(tensor.dtype().name())
            .append(tensor.elementCount())
            .append(tensor.byteSize())
            .endRow();
      }
    }
  }

  @Override
  public List<String> files() {
    return List.of();
  }

  @Override
  public List<Path> own() {
    return adapter.checkpoint().files().stream()
        .map(header -> header.file())
        .filter(file -> !(file instanceof RemotePath))
        .toList();
  }

  @Override
  public List<String> tensors() {
    return adapter.tensorNames();
  }

  @Override
  public List<String> streamed() {
    return List.of(WEIGHTS);
  }

  @Override
  public ArrowReader rows(String view, BufferAllocator allocator) {
    return adapter.streamRowsF32(
        tensors().stream()
            .filter(name -> Widening.supports(adapter.tensorInfo(name).dtype()))
            .toList());
  }

  @Override
  public ArrowReader rows(Predicate<String> tensors, BufferAllocator allocator) {
    return adapter.streamRows(tensors().stream().filter(tensors).toList());
  }

  @Override
  public void close() {
    adapter.close();
  }
}
