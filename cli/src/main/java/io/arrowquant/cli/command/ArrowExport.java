package io.arrowquant.cli.command;

import io.arrowquant.arrow.parquet.LayerRecord;
import io.arrowquant.arrow.parquet.Manifest;
import io.arrowquant.arrow.tensor.ArrowIpc;
import io.arrowquant.arrow.tensor.SafeTensorsAdapter;
import io.arrowquant.cli.file.OutputFile;
import io.arrowquant.cli.sql.DatabaseOptions;
import io.arrowquant.cli.sql.ModelDatabase;
import io.arrowquant.core.ArrowQuantException;
import io.arrowquant.core.Progress;
import io.arrowquant.core.config.NameGlob;
import io.arrowquant.quantize.QuantizedModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.ipc.ArrowReader;

/**
 * Weights of a model or a checkpoint, or the rows of a query, as a file of Arrow batches.
 *
 * @param tensors globs of names; none means all
 * @param sql null for weights
 */
record ArrowExport(Path model, Path file, ArrowIpc ipc, List<String> tensors, String sql) {

  /**
   * Writes the file, and gives the number of its rows.
   *
   * @param progress hears of bytes of decoded weights; of nothing for a query, the rows of which
   *     nobody knows before its end
   */
  long write(boolean overwrite, Progress progress) {
    try (OutputFile output = OutputFile.create(file, overwrite);
        RootAllocator allocator = new RootAllocator()) {
      long rows = sql != null ? query(allocator, output) : weights(allocator, output, progress);
      output.complete();
      return rows;
    }
  }

  private long query(RootAllocator allocator, OutputFile output) {
    try (ModelDatabase database = ModelDatabase.open(model, DatabaseOptions.DEFAULT);
        ArrowReader rows = database.query(sql, allocator)) {
      return ipc.write(rows, output.stream(), Progress.NONE);
    } catch (IOException e) {
      throw ArrowQuantException.whileWriting(file, e);
    }
  }

  private long weights(RootAllocator allocator, OutputFile output, Progress progress) {
    if (Manifest.isIn(model)) {
      try (QuantizedModel opened = QuantizedModel.open(model)) {
        List<String> names = chosen(opened.layers().stream().map(LayerRecord::name).toList());
        long bytes =
            names.stream().mapToLong(name -> 4 * opened.layer(name).record().parameters()).sum();
        return write(opened.streamRows(names, allocator), bytes, output, progress);
      }
    }
    try (SafeTensorsAdapter adapter = SafeTensorsAdapter.load(model, allocator)) {
      List<String> names = chosen(adapter.tensorNames());
      long bytes = names.stream().mapToLong(name -> adapter.tensorInfo(name).byteSize()).sum();
      return write(adapter.streamRows(names), bytes, output, progress);
    }
  }

  private long write(ArrowReader reader, long bytes, OutputFile output, Progress progress) {
    try (ArrowReader rows = reader) {
      return ipc.write(
          rows,
          output.stream(),
          (done, all, what) -> progress.onProgress(Math.min(rows.bytesRead(), bytes), bytes, what));
    } catch (IOException e) {
      throw ArrowQuantException.whileWriting(file, e);
    }
  }

  private List<String> chosen(List<String> names) {
    return TensorChoice.matching(
        tensors.stream().map(NameGlob::new).toList(), names, Function.identity());
  }
}
