package io.arrowquant.quantize.entropy;

import io.arrowquant.arrow.parquet.RowRun;
import io.arrowquant.arrow.source.IoMode;
import io.arrowquant.arrow.tensor.MatrixShape;
import io.arrowquant.arrow.tensor.TensorBytes;
import io.arrowquant.arrow.tensor.Widening;
import io.arrowquant.core.InvalidHeaderException;
import io.arrowquant.core.Progress;
import io.arrowquant.core.RunInterruptedException;
import io.arrowquant.core.checkpoint.CheckpointTensor;
import io.arrowquant.core.safetensors.DType;
import io.arrowquant.quantize.pipeline.SourceReader;
import io.arrowquant.quantize.plan.WeightScale;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;

/**
 * Entropy of a checkpoint's tensors: of the 256 codes of one even scale from a tensor's least to
 * its greatest value. NaN and infinities are left out; 8-bit floats with scales beside them are
 * multiplied by these. Each tensor is read twice, in pieces.
 */
public final class SourceEntropy {

  private static final int PIECE = 1 << 20;

  /** Takes float32 values, a piece of a tensor at a time. */
  @FunctionalInterface
  private interface Values {
    void take(ArrowBuf values, int count);
  }

  private SourceEntropy() {}

  /**
   * Bits per code of each tensor, by its name; those without finite values, and those of a dtype
   * without a float32 form, have none.
   *
   * @param byName finds tensors of their checkpoint, for scales
   * @param progress hears of bytes read
   * @throws InvalidHeaderException if scales beside a tensor fit no rule
   * @throws RunInterruptedException if the thread is interrupted
   */
  public static Map<String, Double> of(
      List<CheckpointTensor> tensors,
      Function<String, Optional<CheckpointTensor>> byName,
      Progress progress) {
    List<CheckpointTensor> readable =
        tensors.stream().filter(tensor -> Widening.supports(tensor.dtype())).toList();
    long total = 2 * readable.stream().mapToLong(CheckpointTensor::byteSize).sum();
    Map<String, Double> entropies = new HashMap<>();
    try (BufferAllocator allocator = new RootAllocator();
        TensorBytes bytes = new TensorBytes(IoMode.AUTO, allocator, allocator)) {
      long done = 0;
      for (CheckpointTensor tensor : readable) {
        Optional<WeightScale> scale = WeightScale.of(tensor, byName);
        bytes.expect(passes(tensor, scale));
        Extremes extremes = new Extremes();
        read(bytes, tensor, scale, allocator, extremes::take);
        CodeCounts counts = new CodeCounts(CodeCounts.EVEN);
        double perUnit = CodeCounts.evenCodesPerUnit(extremes.min, extremes.max);
        read(
            bytes,
            tensor,
            scale,
            allocator,
            (values, count) -> {
              for (int i = 0; i < count; i++) {
                counts.addEven(values.getFloat(4L * i), extremes.min, perUnit);
              }
            });
        counts.entropy().ifPresent(bits -> entropies.put(tensor.name(), bits));
        done += 2 * tensor.byteSize();
        progress.onProgress(done, total, "counting codes");
      }
      progress.onProgress(total, total, "codes counted");
    }
    return entropies;
  }

  /** Least and greatest finite value. */
  private static final class Extremes {
    private float min = Float.POSITIVE_INFINITY;
    private float max = Float.NEGATIVE_INFINITY;

    void take(ArrowBuf values, int count) {
      for (int i = 0; i < count; i++) {
        float value = values.getFloat(4L * i);
        if (Float.isFinite(value)) {
          min = Math.min(min, value);
          max = Math.max(max, value);
        }
      }
    }
  }

  /** Elements of a piece: whole rows where rows have scales. */
  private static long piece(CheckpointTensor tensor, Optional<WeightScale> scale) {
    if (scale.isEmpty()) {
      return PIECE;
    }
    long columns = columns(tensor);
    return Math.max(1, PIECE / columns) * columns;
  }

  private static long columns(CheckpointTensor tensor) {
    return MatrixShape.of(tensor.name(), tensor.shape()).columns();
  }

  private static List<TensorBytes.Range> passes(
      CheckpointTensor tensor, Optional<WeightScale> scale) {
    List<TensorBytes.Range> ranges = new ArrayList<>();
    int width = tensor.dtype().bits() / 8;
    long piece = piece(tensor, scale);
    for (int pass = 0; pass < 2; pass++) {
      for (long at = 0; at < tensor.elementCount(); at += piece) {
        long count = Math.min(piece, tensor.elementCount() - at);
        ranges.add(new TensorBytes.Range(tensor, at * width, count * width));
      }
    }
    return ranges;
  }

  private static void read(
      TensorBytes bytes,
      CheckpointTensor tensor,
      Optional<WeightScale> scale,
      BufferAllocator allocator,
      Values values) {
    SourceReader reader = new SourceReader(bytes, allocator);
    int width = tensor.dtype().bits() / 8;
    long elements = tensor.elementCount();
    long piece = piece(tensor, scale);
    try (ArrowBuf wide = allocator.buffer(4L * Math.max(1, Math.min(piece, elements)))) {
      for (long at = 0; at < elements; at += piece) {
        if (Thread.currentThread().isInterrupted()) {
          throw new RunInterruptedException("Counting codes was interrupted.");
        }
        int count = Math.toIntExact(Math.min(piece, elements - at));
        ArrowBuf stored = bytes.read(tensor, at * width, (long) count * width);
        try (ArrowBuf weights = scaled(reader, tensor, at, count, stored, scale)) {
          DType dtype = scale.isPresent() ? DType.F32 : tensor.dtype();
          Widening.widen(dtype, weights, wide, 0, count);
        }
        values.take(wide, count);
      }
    }
  }

  private static ArrowBuf scaled(
      SourceReader reader,
      CheckpointTensor tensor,
      long first,
      int count,
      ArrowBuf stored,
      Optional<WeightScale> scale) {
    if (scale.isEmpty()) {
      return stored;
    }
    int columns = Math.toIntExact(columns(tensor));
    RowRun rows = new RowRun(0, tensor.name(), first / columns, count / columns, columns, 0);
    return reader.weights(tensor, rows, stored, scale).bytes();
  }
}
