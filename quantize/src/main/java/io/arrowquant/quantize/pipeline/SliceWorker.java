package io.arrowquant.quantize.pipeline;

import io.arrowquant.arrow.parquet.KeptBatch;
import io.arrowquant.arrow.parquet.PageLayout;
import io.arrowquant.arrow.parquet.writer.EncodedRowGroup;
import io.arrowquant.arrow.parquet.writer.RowGroupEncoder;
import io.arrowquant.arrow.tensor.TensorBytes;
import io.arrowquant.core.safetensors.DType;
import io.arrowquant.quantize.fit.SliceOutcome;
import io.arrowquant.quantize.fit.SliceQuantizer;
import io.arrowquant.quantize.fit.SourceRows;
import io.arrowquant.quantize.kernel.SourceSums;
import io.arrowquant.quantize.measure.ErrorSums;
import io.arrowquant.quantize.plan.SlicePlan;
import io.arrowquant.quantize.plan.TensorPlan;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.util.AutoCloseables;

/** Does slices, one at a time: source bytes in, an encoded row group out. One per thread. */
final class SliceWorker {

  private final SourceReader reader;
  private final BufferAllocator memory;
  private final SliceQuantizer quantizer = new SliceQuantizer();
  private final SourceSums sourceSums = new SourceSums();

  SliceWorker(TensorBytes bytes, BufferAllocator memory) {
    this.reader = new SourceReader(bytes, memory);
    this.memory = memory;
  }

  /**
   * @return owned by the caller; without a row group if a tensor to be quantized holds NaN or
   *     infinities, which its sums say
   */
  SliceResult work(SlicePlan.Slice slice) {
    List<ArrowBuf> sources = new ArrayList<>();
    try {
      for (int r = 0; r < slice.tensors().size(); r++) {
        TensorPlan plan = slice.tensors().get(r);
        sources.add(reader.read(plan.tensor(), slice.layout().runs().get(r), plan.columns()));
      }
      List<Integer> crcs = sources.stream().map(SliceWorker::crc).toList();
      List<ErrorSums> sums = new ArrayList<>();
      sources.forEach(source -> sums.add(new ErrorSums()));
      EncodedRowGroup group;
      if (slice.kind() instanceof SlicePlan.SliceKind.Quantized quantized) {
        group = quantize(slice, sources, quantized, sums);
        AutoCloseables.closeNoChecked(() -> AutoCloseables.close(sources));
      } else {
        group =
            keep(slice.layout(), sources, ((SlicePlan.SliceKind.Kept) slice.kind()).dtype(), sums);
      }
      return new SliceResult(slice, group, sums, crcs);
    } catch (RuntimeException | Error e) {
      AutoCloseables.close(e, sources);
      throw e;
    }
  }

  private static int crc(ArrowBuf source) {
    CRC32C crc = new CRC32C();
    crc.update(source.nioBuffer(0, Math.toIntExact(source.capacity())));
    return (int) crc.getValue();
  }

  private EncodedRowGroup quantize(
      SlicePlan.Slice slice,
      List<ArrowBuf> sources,
      SlicePlan.SliceKind.Quantized kind,
      List<ErrorSums> sums) {
    List<SourceRows> rows = new ArrayList<>();
    for (int r = 0; r < sources.size(); r++) {
      TensorPlan plan = slice.tensors().get(r);
      ArrowBuf source = sources.set(r, null);
      SourceRows weights =
          reader.weights(plan.tensor(), slice.layout().runs().get(r), source, plan.scale());
      sources.set(r, weights.bytes());
      rows.add(weights);
    }
    SliceOutcome outcome =
        quantizer.quantize(slice.layout(), rows, kind.bitWidth(), kind.method(), memory, sums);
    return outcome instanceof SliceOutcome.Quantized quantized
        ? RowGroupEncoder.encode(quantized.batch())
        : null;
  }

  private EncodedRowGroup keep(
      PageLayout layout, List<ArrowBuf> sources, DType dtype, List<ErrorSums> sums) {
    if (SourceSums.has(dtype)) {
      for (int r = 0; r < sources.size(); r++) {
        sourceSums.add(dtype, sources.get(r), layout.runs().get(r).weights(), sums.get(r));
      }
    }
    List<ArrowBuf> taken = List.copyOf(sources);
    sources.clear();
    return RowGroupEncoder.encode(new KeptBatch(layout, dtype, taken), memory);
  }
}
