package io.arrowquant.quantize.entropy;

import io.arrowquant.arrow.source.IoMode;
import io.arrowquant.arrow.tensor.TensorBytes;
import io.arrowquant.arrow.tensor.Widening;
import io.arrowquant.core.Progress;
import io.arrowquant.core.RunInterruptedException;
import io.arrowquant.core.checkpoint.CheckpointTensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;

/**
 * Entropy of a checkpoint's tensors: of the 256 codes of one even scale from a tensor's least to
 * its greatest value. NaN and infinities are left out. Each tensor is read twice, in pieces.
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
   * @param progress hears of bytes read
   * @throws RunInterruptedException if the thread is interrupted
   */
  public static Map<String, Double> of(List<CheckpointTensor> tensors, Progress progress) {
    List<CheckpointTensor> readable =
        tensors.stream().filter(tensor -> Widening.supports(tensor.dtype())).toList();
    long total = 2 * readable.stream().mapToLong(CheckpointTensor::byteSize).sum();
    Map<String, Double> entropies = new HashMap<>();
    try (BufferAllocator allocator = new RootAllocator();
        TensorBytes bytes = new TensorBytes(IoMode.AUTO, allocator, allocator)) {
      long done = 0;
      for (CheckpointTensor tensor : readable) {
        bytes.expect(passes(tensor));
        Extremes extremes = new Extremes();
        read(bytes, tensor, allocator, extremes::take);
        CodeCounts counts = new CodeCounts(CodeCounts.EVEN);
        double perUnit = CodeCounts.evenCodesPerUnit(extremes.min, extremes.max);
        read(
            bytes,
            tensor,
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

  private static List<TensorBytes.Range> passes(CheckpointTensor tensor) {
    List<TensorBytes.Range> ranges = new ArrayList<>();
    int width = tensor.dtype().bits() / 8;
    for (int pass = 0; pass < 2; pass++) {
      for (long at = 0; at < tensor.elementCount(); at += PIECE) {
        long count = Math.min(PIECE, tensor.elementCount() - at);
        ranges.add(new TensorBytes.Range(tensor, at * width, count * width));
      }
    }
    return ranges;
  }

  private static void read(
      TensorBytes bytes, CheckpointTensor tensor, BufferAllocator allocator, Values values) {
    int width = tensor.dtype().bits() / 8;
    long elements = tensor.elementCount();
    try (ArrowBuf wide = allocator.buffer(4L * Math.max(1, Math.min(PIECE, elements)))) {
      for (long at = 0; at < elements; at += PIECE) {
        if (Thread.currentThread().isInterrupted()) {
          throw new RunInterruptedException("Counting codes was interrupted.");
        }
        int count = (int) Math.min(PIECE, elements - at);
        try (ArrowBuf piece = bytes.read(tensor, at * width, (long) count * width)) {
          Widening.widen(tensor.dtype(), piece, wide, 0, count);
        }
        values.take(wide, count);
      }
    }
  }
}
