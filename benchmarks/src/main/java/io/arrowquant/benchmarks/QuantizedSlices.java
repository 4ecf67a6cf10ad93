package io.arrowquant.benchmarks;

import io.arrowquant.arrow.parquet.RowRun;
import io.arrowquant.arrow.source.IoMode;
import io.arrowquant.arrow.tensor.TensorBytes;
import io.arrowquant.core.checkpoint.Checkpoint;
import io.arrowquant.core.config.DiffusionQuantConfig;
import io.arrowquant.quantize.fit.SliceOutcome;
import io.arrowquant.quantize.fit.SliceQuantizer;
import io.arrowquant.quantize.fit.SourceRows;
import io.arrowquant.quantize.measure.ErrorSums;
import io.arrowquant.quantize.plan.QuantizationPlan;
import io.arrowquant.quantize.plan.SlicePlan;
import io.arrowquant.quantize.plan.TensorPlan;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.util.AutoCloseables;

/** The slices that a run quantizes, done without the run around them. */
final class QuantizedSlices {

  private final List<SlicePlan.Slice> slices;

  QuantizedSlices(Checkpoint checkpoint, DiffusionQuantConfig config) {
    this.slices =
        SlicePlan.of(QuantizationPlan.of(checkpoint, config)).slices().stream()
            .filter(slice -> slice.kind() instanceof SlicePlan.SliceKind.Quantized)
            .toList();
  }

  long weights() {
    return slices.stream().mapToLong(slice -> slice.layout().values()).sum();
  }

  long sourceBytes() {
    return slices.stream().mapToLong(SlicePlan.Slice::sourceBytes).sum();
  }

  /**
   * Quantizes all slices from the mapped source.
   *
   * @param taker owns each result
   * @return the most bytes held in buffers
   */
  long quantize(int threads, Consumer<SliceOutcome.Quantized> taker) {
    try (BufferAllocator mappings = new RootAllocator();
        BufferAllocator memory = new RootAllocator();
        TensorBytes bytes = new TensorBytes(IoMode.MMAP, mappings, memory)) {
      Parallel.run(
          threads,
          slices.size(),
          () -> {
            SliceQuantizer quantizer = new SliceQuantizer();
            return i -> quantize(slices.get(i), quantizer, bytes, memory, taker);
          });
      return memory.getPeakMemoryAllocation();
    }
  }

  private void quantize(
      SlicePlan.Slice slice,
      SliceQuantizer quantizer,
      TensorBytes bytes,
      BufferAllocator memory,
      Consumer<SliceOutcome.Quantized> taker) {
    List<ArrowBuf> sources = new ArrayList<>();
    try {
      List<SourceRows> rows = new ArrayList<>();
      List<ErrorSums> sums = new ArrayList<>();
      for (int r = 0; r < slice.tensors().size(); r++) {
        TensorPlan plan = slice.tensors().get(r);
        RowRun run = slice.layout().runs().get(r);
        int width = plan.tensor().dtype().bits() / 8;
        long first = run.firstRow() * plan.columns() + run.firstColumn();
        sources.add(bytes.read(plan.tensor(), first * width, run.weights() * width));
        rows.add(new SourceRows(plan.tensor().dtype(), sources.get(r), 0));
        sums.add(new ErrorSums());
      }
      SlicePlan.SliceKind.Quantized kind = (SlicePlan.SliceKind.Quantized) slice.kind();
      SliceOutcome outcome =
          quantizer.quantize(slice.layout(), rows, kind.bitWidth(), kind.method(), memory, sums);
      taker.accept((SliceOutcome.Quantized) outcome);
    } finally {
      AutoCloseables.closeNoChecked(() -> AutoCloseables.close(sources));
    }
  }
}
