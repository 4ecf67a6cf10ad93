package io.arrowquant.quantize.pipeline;

import io.arrowquant.arrow.parquet.PackedRows;
import io.arrowquant.arrow.parquet.QuantizedBatch;
import io.arrowquant.arrow.parquet.RowRun;
import io.arrowquant.core.safetensors.DType;
import io.arrowquant.quantize.diffusion.Equalization;
import io.arrowquant.quantize.fit.ColumnImportance;
import io.arrowquant.quantize.fit.SliceOutcome;
import io.arrowquant.quantize.fit.SliceQuantizer;
import io.arrowquant.quantize.fit.SourceRows;
import io.arrowquant.quantize.measure.ErrorSums;
import io.arrowquant.quantize.plan.SlicePlan;
import io.arrowquant.quantize.plan.SlicePlan.SliceKind;
import io.arrowquant.quantize.plan.TensorPlan;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.util.AutoCloseables;

/**
 * Finds how far to equalize a tensor: rows of it are quantized with each exponent, decoded, and the
 * one whose output error on the calibration data is least is taken. Exponent 0 is among them, so
 * the error of the rows tried cannot grow. One instance per thread.
 */
final class AlphaSearch {

  /** Weights tried, about; smaller tensors are tried whole. */
  private static final long SAMPLE = 1 << 18;

  /** Runs that the sample of a larger one is taken in. */
  private static final int SAMPLE_RUNS = 8;

  /** Where only some rows were tried, the share of the error that an exponent must save. */
  private static final double MARGIN = 0.005;

  private final SourceReader reader;
  private final BufferAllocator memory;
  private final SliceQuantizer quantizer = new SliceQuantizer();
  private final DecodedErrors errors;

  AlphaSearch(SourceReader reader, BufferAllocator memory) {
    this.reader = reader;
    this.memory = memory;
    this.errors = new DecodedErrors(memory);
  }

  /**
   * @param importance of each column
   * @param weighted whether the search heeds it too
   * @param greatest magnitude of each column
   * @return the scales, or null where none are better
   */
  float[] scales(TensorPlan plan, float[] importance, boolean weighted, float[] greatest) {
    long weights = plan.rows() * plan.columns();
    SlicePlan.Slice sample = TensorSample.runs(plan, SAMPLE, weights <= SAMPLE ? 1 : SAMPLE_RUNS);
    double margin = sample.layout().values() < weights ? 1 - MARGIN : 1;
    List<SourceRows> sources = new ArrayList<>();
    try {
      for (RowRun run : sample.layout().runs()) {
        sources.add(
            reader.weights(
                plan.tensor(), run, reader.read(plan.tensor(), run, plan.columns()), plan.scale()));
      }
      float[] best = null;
      double bound = error(sample, sources, importance, weighted, ones(importance.length)) * margin;
      for (int trial = 1; trial < Equalization.TRIALS; trial++) {
        float[] scales = Equalization.scales(importance, Equalization.alpha(trial));
        if (!fits(scales, greatest)) {
          break;
        }
        double error = error(sample, sources, importance, weighted, scales);
        if (error < bound) {
          bound = error;
          best = scales;
        }
      }
      return best;
    } finally {
      AutoCloseables.closeNoChecked(
          () -> AutoCloseables.close(sources.stream().map(SourceRows::bytes).toList()));
    }
  }

  private static float[] ones(int n) {
    float[] ones = new float[n];
    Arrays.fill(ones, 1);
    return ones;
  }

  /** Whether no weight becomes infinite. */
  private static boolean fits(float[] scales, float[] greatest) {
    for (int c = 0; c < scales.length; c++) {
      if (!Float.isFinite(greatest[c] * scales[c])) {
        return false;
      }
    }
    return true;
  }

  private double error(
      SlicePlan.Slice sample,
      List<SourceRows> sources,
      float[] importance,
      boolean weighted,
      float[] scales) {
    SliceKind.Quantized kind = (SliceKind.Quantized) sample.kind();
    ColumnImportance counts =
        weighted ? ColumnImportance.of(Equalization.scaledImportance(importance, scales)) : null;
    List<ArrowBuf> buffers = new ArrayList<>();
    try {
      List<SourceRows> rows = new ArrayList<>();
      List<ErrorSums> sums = new ArrayList<>();
      for (int r = 0; r < sources.size(); r++) {
        ArrowBuf buffer = reader.multiplied(sources.get(r), sample.layout().runs().get(r), scales);
        buffers.add(buffer);
        rows.add(new SourceRows(DType.F32, buffer, 0, counts));
        sums.add(new ErrorSums());
      }
      SliceOutcome outcome =
          quantizer.quantize(sample.layout(), rows, kind.bitWidth(), kind.method(), memory, sums);
      if (!(outcome instanceof SliceOutcome.Quantized quantized)) {
        return Double.POSITIVE_INFINITY;
      }
      try (QuantizedBatch batch = quantized.batch()) {
        float[][] divisors = new float[sources.size()][];
        Arrays.fill(divisors, scales);
        PackedRows packed = BatchRows.of(batch, divisors);
        double error = 0;
        for (int r = 0; r < sources.size(); r++) {
          error += errors.weighted(packed, r, sources.get(r), importance);
        }
        return error;
      }
    } finally {
      AutoCloseables.closeNoChecked(() -> AutoCloseables.close(buffers));
    }
  }
}
