package io.arrowquant.quantize.fit;

import io.arrowquant.arrow.parquet.PageLayout;
import io.arrowquant.arrow.parquet.QuantizedBatch;
import io.arrowquant.arrow.parquet.RowRun;
import io.arrowquant.core.config.Method;
import io.arrowquant.core.safetensors.DType;
import io.arrowquant.quantize.measure.ErrorSums;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;

/** Quantizes runs of float32 weights, and reads batches back value by value. */
final class Harness {

  /** A run's shape and its weights; importance is null where columns count alike. */
  record Run(int rows, int columns, int groupSize, float[] weights, ColumnImportance importance) {

    Run(int rows, int columns, int groupSize, float[] weights) {
      this(rows, columns, groupSize, weights, null);
    }
  }

  private Harness() {}

  static List<ErrorSums> quantize(List<Run> runs, int bits, Consumer<SliceOutcome> check) {
    return quantize(runs, bits, Method.FAST, check);
  }

  static List<ErrorSums> quantize(
      List<Run> runs, int bits, Method method, Consumer<SliceOutcome> check) {
    try (BufferAllocator allocator = new RootAllocator()) {
      List<ErrorSums> sums = new ArrayList<>();
      List<SourceRows> sources = new ArrayList<>();
      List<ArrowBuf> buffers = new ArrayList<>();
      List<RowRun> rowRuns = new ArrayList<>();
      try {
        for (int r = 0; r < runs.size(); r++) {
          Run run = runs.get(r);
          // Odd offsets: no source is aligned.
          int offset = 2 * r + 1;
          ArrowBuf buffer = allocator.buffer(offset + 4L * run.weights().length);
          buffers.add(buffer);
          for (int i = 0; i < run.weights().length; i++) {
            buffer.setFloat(offset + 4L * i, run.weights()[i]);
          }
          sources.add(new SourceRows(DType.F32, buffer, offset, run.importance()));
          sums.add(new ErrorSums());
          rowRuns.add(new RowRun(r, "layer" + r, 0, run.rows(), run.columns(), run.groupSize()));
        }
        SliceOutcome outcome =
            new SliceQuantizer()
                .quantize(PageLayout.of(rowRuns), sources, bits, method, allocator, sums);
        try {
          check.accept(outcome);
        } finally {
          if (outcome instanceof SliceOutcome.Quantized quantized) {
            quantized.batch().close();
          }
        }
      } finally {
        buffers.forEach(ArrowBuf::close);
      }
      return sums;
    }
  }

  static ErrorSums quantize(Run run, int bits) {
    return quantize(List.of(run), bits, outcome -> {}).get(0);
  }

  static ErrorSums quantize(Run run, int bits, Method method) {
    return quantize(List.of(run), bits, method, outcome -> {}).get(0);
  }

  /** Signed codes of all pages, bit by bit. */
  static int[] codes(QuantizedBatch batch) {
    int bits = batch.bits();
    int[] codes = new int[Math.toIntExact(batch.layout().values())];
    int at = 0;
    for (int p = 0; p < batch.layout().pages().size(); p++) {
      byte[] page = batch.codes().get(p);
      for (int i = 0; i < batch.layout().pages().get(p).values(); i++) {
        int code = 0;
        for (int b = 0; b < bits; b++) {
          int bit = i * bits + b;
          code |= (page[bit >> 3] >> (bit & 7) & 1) << b;
        }
        codes[at++] = code - (1 << (bits - 1));
      }
    }
    return codes;
  }

  /** What a reader computes for every weight. */
  static float[] reconstruct(QuantizedBatch batch) {
    int[] codes = codes(batch);
    float[] scales = batch.scaleValues();
    float[] zeroPoints = batch.zeroPointValues();
    float[] weights = new float[codes.length];
    int at = 0;
    int group = 0;
    for (RowRun run : batch.layout().runs()) {
      for (int row = 0; row < run.rowCount(); row++) {
        for (int column = 0; column < run.columns(); column++, at++) {
          if (column > 0 && column % run.groupSize() == 0) {
            group++;
          }
          weights[at] = (codes[at] - zeroPoints[group]) * scales[group];
        }
        group++;
      }
    }
    return weights;
  }

  static double sqnr(float[] source, float[] copy) {
    double signal = 0;
    double noise = 0;
    for (int i = 0; i < source.length; i++) {
      double e = (double) source[i] - copy[i];
      signal += (double) source[i] * source[i];
      noise += e * e;
    }
    return 10 * Math.log10(signal / noise);
  }
}
