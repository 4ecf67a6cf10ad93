package io.arrowquant.quantize.pipeline;

import io.arrowquant.arrow.tensor.TensorBytes;
import io.arrowquant.quantize.measure.ErrorSums;
import io.arrowquant.quantize.measure.SourceSums;
import io.arrowquant.quantize.plan.QuantizationPlan;
import io.arrowquant.quantize.plan.TensorPlan;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.arrow.memory.ArrowBuf;

/**
 * Finds every tensor that cannot be quantized because it holds NaN or infinities. Only done once
 * one was met: a tensor's last slice may hold the first NaN when its first is written already, so
 * the run begins again with all of them kept.
 */
final class FiniteScan {

  private static final long BLOCK_BYTES = 1 << 22;

  private FiniteScan() {}

  /** Why such tensors are kept, by layer id. */
  static Map<Integer, String> reasons(QuantizationPlan plan, TensorBytes bytes, int threads) {
    List<TensorPlan> quantized = plan.tensors().stream().filter(t -> !t.isKept()).toList();
    Map<Integer, String> reasons = new LinkedHashMap<>();
    new OrderedWork<Found>(quantized.size(), 2 * threads)
        .run(
            threads,
            () -> {
              SourceSums scan = new SourceSums();
              return i -> new Found(quantized.get(i), sums(quantized.get(i), scan, bytes));
            },
            found -> {
              if (found.sums().hasNonFinite()) {
                reasons.put(found.plan().layerId(), reason(found.sums()));
              }
            });
    return reasons;
  }

  private record Found(TensorPlan plan, ErrorSums sums) implements AutoCloseable {
    @Override
    public void close() {}
  }

  private static ErrorSums sums(TensorPlan plan, SourceSums scan, TensorBytes bytes) {
    ErrorSums sums = new ErrorSums();
    int width = plan.tensor().dtype().bits() / 8;
    long size = plan.tensor().byteSize();
    for (long at = 0; at < size; at += BLOCK_BYTES) {
      long length = Math.min(BLOCK_BYTES, size - at);
      try (ArrowBuf block = bytes.read(plan.tensor(), at, length)) {
        scan.add(plan.tensor().dtype(), block, length / width, sums);
      }
    }
    return sums;
  }

  private static String reason(ErrorSums sums) {
    return "holds " + sums.nanCount() + " NaN and " + sums.infCount() + " infinite values";
  }
}
