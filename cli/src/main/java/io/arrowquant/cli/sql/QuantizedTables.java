package io.arrowquant.cli.sql;

import io.arrowquant.arrow.parquet.Manifest;
import io.arrowquant.arrow.parquet.ModelFile;
import io.arrowquant.quantize.QuantizedModel;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.ipc.ArrowReader;

/** A quantized model: its Parquet files as they are, and as floats. */
final class QuantizedTables implements ModelTables {

  private final Path folder;
  private final QuantizedModel model;

  QuantizedTables(Path folder) {
    this.folder = folder;
    this.model = QuantizedModel.open(folder);
  }

  @Override
  public void create(Connection duckdb) throws SQLException {
    try (Statement statement = duckdb.createStatement()) {
      statement.execute(
          "CREATE TABLE layers AS FROM read_parquet(["
              + Sql.literal(folder.resolve(ModelFile.LAYERS).toString())
              + "])");
      statement.execute(
          files().isEmpty()
              ? Sql.resource("no-weights.sql")
              : "CREATE VIEW weights AS FROM read_parquet(["
                  + files().stream().map(Sql::literal).collect(Collectors.joining(", "))
                  + "])");
      statement.execute(Sql.resource("dequantize.sql"));
    }
    ScaleTable.fill(duckdb, model);
    try (Statement statement = duckdb.createStatement()) {
      statement.execute(Sql.resource("dequantized.sql"));
    }
  }

  @Override
  public List<String> files() {
    Manifest manifest = model.manifest();
    return manifest.files().stream()
        .filter(ModelFile::isWeights)
        .map(file -> folder.resolve(file.path()).toString())
        .toList();
  }

  @Override
  public List<Path> own() {
    return List.of(folder);
  }

  @Override
  public List<String> tensors() {
    return model.layers().stream().map(layer -> layer.name()).toList();
  }

  @Override
  public List<String> streamed() {
    return List.of();
  }

  @Override
  public ArrowReader rows(String view, BufferAllocator allocator) {
    throw new IllegalArgumentException(view);
  }

  @Override
  public ArrowReader rows(Predicate<String> tensors, BufferAllocator allocator) {
    return model.streamRows(tensors().stream().filter(tensors).toList(), allocator);
  }

  @Override
  public void close() {
    model.close();
  }
}
