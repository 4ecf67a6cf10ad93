package io.arrowquant.quantize.pipeline;

import io.arrowquant.arrow.source.IoMode;
import io.arrowquant.arrow.tensor.TensorBytes;
import io.arrowquant.core.config.DiffusionQuantConfig;
import io.arrowquant.quantize.measure.ErrorSums;
import io.arrowquant.quantize.measure.Quality;
import io.arrowquant.quantize.plan.QuantizationPlan;
import io.arrowquant.quantize.plan.TensorPlan;
import java.util.List;

/**
 * What a plan would cost in accuracy, measured on some rows of each tensor instead of all. A tensor
 * counts by all its weights, however many of its rows were looked at; fallback to more bits is left
 * out.
 */
public final class QualitySample {

  private final int rows;
  private final IoMode io;

  /**
   * @param rows of each tensor, evenly spread
   * @param io how source bytes are brought in
   */
  public QualitySample(int rows, IoMode io) {
    if (rows < 1) {
      throw new IllegalArgumentException(rows + " rows; at least 1 is expected");
    }
    this.rows = rows;
    this.io = io;
  }

  /**
   * The SQNR of all quantized weights together, in dB, about; infinite where nothing is lost.
   *
   * @throws io.arrowquant.core.StorageException if reading fails
   */
  public double sqnrDb(QuantizationPlan plan) {
    double signal = 0;
    double noise = 0;
    DiffusionQuantConfig config = plan.config();
    try (RunMemory memory = new RunMemory(config);
        TensorBytes bytes = new TensorBytes(io, memory.mappings(), memory.buffers())) {
      SliceWorker worker = new SliceWorker(bytes, memory.buffers(), config);
      List<TensorPlan> tensors =
          plan.tensors().stream().filter(t -> !t.isKept() && t.rows() > 0).toList();
      bytes.expect(
          SourceReader.ranges(tensors.stream().map(t -> TensorSample.rows(t, rows)).toList()));
      for (TensorPlan tensor : tensors) {
        ErrorSums sums = measure(worker, tensor);
        if (sums.hasNonFinite()) {
          continue; // the tensor would be kept
        }
        Quality quality = sums.quality();
        double weights = (double) tensor.rows() * tensor.columns();
        double squareMean = quality.sourceMean() * quality.sourceMean();
        signal += weights * (squareMean + quality.sourceStd() * quality.sourceStd());
        noise += weights * quality.rmse() * quality.rmse();
      }
    }
    return noise == 0 ? Double.POSITIVE_INFINITY : 10 * StrictMath.log10(signal / noise);
  }

  private ErrorSums measure(SliceWorker worker, TensorPlan tensor) {
    ErrorSums sums = new ErrorSums();
    try (SliceResult result = worker.work(TensorSample.rows(tensor, rows))) {
      result.sums().forEach(sums::merge);
    }
    return sums;
  }
}
