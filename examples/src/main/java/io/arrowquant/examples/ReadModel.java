package io.arrowquant.examples;

import io.arrowquant.arrow.parquet.LayerRecord;
import io.arrowquant.arrow.tensor.ArrowIpc;
import io.arrowquant.arrow.tensor.SafeTensorsAdapter;
import io.arrowquant.cli.sql.DatabaseOptions;
import io.arrowquant.cli.sql.ModelDatabase;
import io.arrowquant.core.Progress;
import io.arrowquant.core.config.DiffusionQuantConfig;
import io.arrowquant.quantize.ArrowQuantV2;
import io.arrowquant.quantize.QuantizationResult;
import io.arrowquant.quantize.QuantizedLayer;
import io.arrowquant.quantize.QuantizedModel;
import io.arrowquant.quantize.diff.ModelDifference;
import io.arrowquant.quantize.diff.TensorDifference;
import io.arrowquant.quantize.pipeline.RunOptions;
import io.arrowquant.quantize.restore.Restoration;
import io.arrowquant.quantize.restore.RestoreOptions;
import io.arrowquant.quantize.restore.TargetDType;
import io.arrowquant.quantize.verify.Verification;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.arrow.c.ArrowArrayStream;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.Float4Vector;
import org.apache.arrow.vector.complex.FixedSizeListVector;
import org.apache.arrow.vector.ipc.ArrowReader;

/**
 * The ways to the weights of a model: packed, decoded, as Arrow batches, in SQL; and what else a
 * model is for.
 */
public final class ReadModel {

  private ReadModel() {}

  public static void main(String[] args) throws IOException {
    if (args.length != 3) {
      System.err.println("usage: ReadModel MODEL TENSOR OUT.arrow");
      System.exit(2);
    }
    System.out.println(layers(Path.of(args[0])));
    System.out.println(packedBytes(Path.of(args[0]), args[1]) + " bytes of packed codes");
    System.out.println("its first weight is " + weights(Path.of(args[0]), args[1])[0]);
    System.out.println(arrowFile(Path.of(args[0]), args[1], Path.of(args[2])) + " rows written");
    System.out.println(worst(Path.of(args[0])));
  }

  static String layers(Path folder) {
    StringBuilder text = new StringBuilder();
    try (QuantizedModel model = QuantizedModel.open(folder)) {
      for (LayerRecord layer : model.layers()) {
        text.append(layer.name()).append(": ").append(layer.quantType());
        if (layer.quality() != null) {
          text.append(", ").append(layer.quality().sqnrDb()).append(" dB");
        }
        text.append('\n');
      }
    }
    return text.toString();
  }

  static long packedBytes(Path folder, String tensor) {
    long[] bytes = {0};
    try (QuantizedModel model = QuantizedModel.open(folder)) {
      QuantizedLayer layer = model.layer(tensor);
      layer.forEachPacked(
          (rows, run) -> {
            // Codes of rows.bits() bits each, where they lie; valid in this call.
            for (int page = 0; page < rows.layout().pages().size(); page++) {
              ArrowBuf codes = rows.codes(page);
              bytes[0] += codes.capacity();
            }
            float scale = rows.scales()[rows.offsets().firstGroup(run)];
            float zeroPoint = rows.zeroPoints()[rows.offsets().firstGroup(run)];
            System.out.println("weight = (code - " + zeroPoint + ") * " + scale);
          });
    }
    return bytes[0];
  }

  static float[] weights(Path folder, String tensor) {
    try (RootAllocator allocator = new RootAllocator();
        QuantizedModel model = QuantizedModel.open(folder);
        Float4Vector all = model.dequantize(tensor, allocator);
        Float4Vector firstRow = model.layer(tensor).dequantize(0, 1, allocator)) {
      float[] weights = new float[firstRow.getValueCount()];
      for (int i = 0; i < weights.length; i++) {
        weights[i] = firstRow.get(i);
        if (weights[i] != all.get(i)) {
          throw new IllegalStateException("a range of rows is a part of the whole");
        }
      }
      return weights;
    }
  }

  static long arrowFile(Path folder, String tensor, Path file) throws IOException {
    try (RootAllocator allocator = new RootAllocator();
        QuantizedModel model = QuantizedModel.open(folder);
        ArrowReader rows = model.streamRows(List.of(tensor), allocator);
        OutputStream out = Files.newOutputStream(file)) {
      return ArrowIpc.FILE.write(rows, out, Progress.NONE);
    }
  }

  static String worst(Path folder) {
    StringBuilder names = new StringBuilder();
    try (RootAllocator allocator = new RootAllocator();
        ModelDatabase database = ModelDatabase.open(folder, DatabaseOptions.DEFAULT);
        ArrowReader rows =
            database.query("SELECT layer_name FROM layers ORDER BY sqnr_db LIMIT 3", allocator)) {
      while (rows.loadNextBatch()) {
        for (int i = 0; i < rows.getVectorSchemaRoot().getRowCount(); i++) {
          names.append(rows.getVectorSchemaRoot().getVector("layer_name").getObject(i));
          names.append('\n');
        }
      }
      return names.toString();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  static int columnsOfSource(Path checkpoint, String tensor) {
    try (RootAllocator allocator = new RootAllocator();
        SafeTensorsAdapter adapter = SafeTensorsAdapter.load(checkpoint, allocator);
        FixedSizeListVector matrix = adapter.tensorF32(tensor);
        ArrowArrayStream stream = ArrowArrayStream.allocateNew(allocator)) {
      adapter.exportStreamF32(tensor, stream);
      stream.release(); // by whoever takes the stream: DuckDB, pyarrow, polars
      return matrix.getListSize();
    }
  }

  static int restored(Path model, Path out) {
    Restoration restored =
        new ArrowQuantV2()
            .dequantize(
                model, out, RestoreOptions.DEFAULT.withDType(TargetDType.F32), Progress.NONE);
    return restored.dequantizedTensors();
  }

  static String problems(Path model) {
    StringBuilder text = new StringBuilder();
    for (Verification.Problem problem : new ArrowQuantV2().verify(model).problems()) {
      text.append(problem.where()).append(' ').append(problem.what()).append('\n');
    }
    return text.toString();
  }

  static String distances(Path before, Path after) {
    StringBuilder text = new StringBuilder();
    ModelDifference difference = new ArrowQuantV2().diff(before, after, 2, Progress.NONE);
    for (TensorDifference tensor : difference.tensors()) {
      if (tensor.change() == TensorDifference.Change.VALUES) {
        text.append(tensor.name()).append(": ").append(tensor.distance().sqnrDb()).append(" dB\n");
      }
    }
    return text.toString();
  }

  static long resumed(Path checkpoint, Path out) {
    RunOptions options = RunOptions.DEFAULT.withResume(true);
    QuantizationResult result =
        new ArrowQuantV2()
            .quantizeFromSafeTensors(
                checkpoint, out, DiffusionQuantConfig.defaults(), options, Progress.NONE);
    return result.storedBytes();
  }

  static boolean cancel(Path checkpoint, Path out) {
    CompletableFuture<QuantizationResult> run =
        new ArrowQuantV2()
            .quantizeAsync(
                checkpoint,
                out,
                DiffusionQuantConfig.defaults(),
                (done, total, what) -> System.out.println(what + ": " + done + " of " + total));
    return run.cancel(true);
  }
}
