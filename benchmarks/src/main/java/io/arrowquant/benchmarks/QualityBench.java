package io.arrowquant.benchmarks;

import io.arrowquant.arrow.output.FileTree;
import io.arrowquant.arrow.parquet.LayerRecord;
import io.arrowquant.arrow.parquet.PageLayout;
import io.arrowquant.arrow.parquet.QuantizedBatch;
import io.arrowquant.arrow.parquet.RowRun;
import io.arrowquant.arrow.parquet.writer.EncodedRowGroup;
import io.arrowquant.arrow.parquet.writer.ModelWriter;
import io.arrowquant.arrow.parquet.writer.RowGroupEncoder;
import io.arrowquant.core.config.CodeLimits;
import io.arrowquant.core.config.DiffusionQuantConfig;
import io.arrowquant.core.config.Method;
import io.arrowquant.core.safetensors.DType;
import io.arrowquant.quantize.ArrowQuantV2;
import io.arrowquant.quantize.QuantizationResult;
import io.arrowquant.quantize.fit.SliceOutcome;
import io.arrowquant.quantize.fit.SliceQuantizer;
import io.arrowquant.quantize.fit.SourceRows;
import io.arrowquant.quantize.measure.ErrorSums;
import io.arrowquant.quantize.plan.Treatment;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.Consumer;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;

/** Measures what each width and method loses, takes on disk, and costs, with default groups. */
final class QualityBench {

  /**
   * One width and method on one source.
   *
   * @param scaleLevels entries of the scale codebook, 0 where there are several or none
   * @param bitsPerWeight of the quantized weights in the file, footer excepted
   * @param nanoseconds of processor time for a weight on one thread, least of the rounds
   */
  record Figure(
      String source,
      Treatment.Quantize treatment,
      int scaleLevels,
      int zeroPointLevels,
      double bitsPerWeight,
      double sqnrDb,
      OptionalDouble nanoseconds) {}

  private static final int ROWS = 512;
  private static final int COLUMNS = 4096;

  private final ThreadMXBean threads = ManagementFactory.getThreadMXBean();
  private final int rounds;

  QualityBench(int rounds) {
    this.rounds = rounds;
  }

  List<Figure> run(List<Path> models, Folder folder, Consumer<String> log) throws IOException {
    List<Figure> figures = new ArrayList<>();
    try (BufferAllocator allocator = new RootAllocator();
        ArrowBuf bytes = allocator.buffer(4L * ROWS * COLUMNS)) {
      for (SyntheticWeights weights : SyntheticWeights.values()) {
        log.accept("weights: " + weights);
        bytes
            .nioBuffer(0, 4 * ROWS * COLUMNS)
            .order(ByteOrder.LITTLE_ENDIAN)
            .asFloatBuffer()
            .put(weights.matrix(ROWS, COLUMNS));
        for (Treatment.Quantize treatment : treatments()) {
          figures.add(figure(weights.toString(), treatment, bytes, allocator, folder));
        }
      }
    }
    for (Path model : models) {
      log.accept("model: " + model);
      for (Treatment.Quantize treatment : treatments()) {
        figures.add(figure(model, treatment, folder));
      }
    }
    return figures;
  }

  /** All with their own groups, and {@code fast} at the size that {@code best} takes at 4 bits. */
  private static List<Treatment.Quantize> treatments() {
    List<Treatment.Quantize> treatments = new ArrayList<>();
    for (int bits : CodeLimits.BIT_WIDTHS) {
      for (Method method : Method.values()) {
        Treatment.Quantize treatment = Treatment.Quantize.of(config(bits, method), bits);
        if (treatment.method() == method) {
          treatments.add(treatment);
        }
        if (method == Method.FAST && bits == 4) {
          treatments.add(new Treatment.Quantize(4, 32, Method.FAST));
        }
      }
    }
    return treatments;
  }

  private static DiffusionQuantConfig config(Treatment.Quantize treatment) {
    return DiffusionQuantConfig.builder()
        .bitWidth(treatment.bitWidth())
        .groupSize(treatment.groupSize())
        .method(treatment.method())
        .minAccuracy(0)
        .build();
  }

  private static DiffusionQuantConfig config(int bits, Method method) {
    return DiffusionQuantConfig.builder().bitWidth(bits).method(method).minAccuracy(0).build();
  }

  private Figure figure(
      String source,
      Treatment.Quantize treatment,
      ArrowBuf bytes,
      BufferAllocator allocator,
      Folder folder) {
    PageLayout layout =
        PageLayout.of(List.of(new RowRun(0, source, 0, ROWS, COLUMNS, treatment.groupSize())));
    List<SourceRows> rows = List.of(new SourceRows(DType.F32, bytes, 0));
    SliceQuantizer quantizer = new SliceQuantizer();
    long least = Long.MAX_VALUE;
    // The first few are the compiler's.
    for (int i = 0; ; i++) {
      ErrorSums sums = new ErrorSums();
      long start = threads.getCurrentThreadCpuTime();
      SliceOutcome outcome =
          quantizer.quantize(
              layout, rows, treatment.bitWidth(), treatment.method(), allocator, List.of(sums));
      least = Math.min(least, threads.getCurrentThreadCpuTime() - start);
      QuantizedBatch batch = ((SliceOutcome.Quantized) outcome).batch();
      if (i < rounds) {
        batch.close();
        continue;
      }
      boolean books = batch.hasCodebooks();
      int scaleLevels = books ? batch.scaleLevels().getValueCount() : 0;
      int zeroPointLevels = books ? batch.zeroPointLevels().getValueCount() : 0;
      return new Figure(
          source,
          treatment,
          scaleLevels,
          zeroPointLevels,
          stored(batch, folder) * 8.0 / (ROWS * COLUMNS),
          sums.quality().sqnrDb(),
          OptionalDouble.of((double) least / (ROWS * COLUMNS)));
    }
  }

  /** Bytes of the row group in a file. */
  private static long stored(QuantizedBatch batch, Folder folder) {
    try (EncodedRowGroup group = RowGroupEncoder.encode(batch);
        ModelWriter writer =
            ModelWriter.create(folder.resolve("quality"), true, Long.MAX_VALUE, Map.of())) {
      return writer.write(group);
    }
  }

  /** All quantized tensors of a model together. */
  private static Figure figure(Path model, Treatment.Quantize treatment, Folder folder)
      throws IOException {
    Path output = folder.resolve("quality-model");
    try {
      QuantizationResult result =
          new ArrowQuantV2().quantizeFromSafeTensors(model, output, config(treatment));
      long stored = 0;
      long parameters = 0;
      for (LayerRecord layer : result.layers()) {
        if (layer.quantization() != null
            && layer.quantization().bitWidth() == treatment.bitWidth()) {
          stored += layer.storedBytes();
          parameters += layer.parameters();
        }
      }
      return new Figure(
          model.getFileName().toString(),
          treatment,
          0,
          0,
          8.0 * stored / parameters,
          result.sqnrDb(),
          OptionalDouble.empty());
    } finally {
      FileTree.delete(output);
    }
  }
}
