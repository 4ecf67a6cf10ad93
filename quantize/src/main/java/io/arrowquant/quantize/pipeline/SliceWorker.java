package io.arrowquant.quantize.pipeline;

import io.arrowquant.arrow.parquet.KeptBatch;
import io.arrowquant.arrow.parquet.PackedRows;
import io.arrowquant.arrow.parquet.PageLayout;
import io.arrowquant.arrow.parquet.QuantizedBatch;
import io.arrowquant.arrow.parquet.RowRun;
import io.arrowquant.arrow.parquet.writer.EncodedRowGroup;
import io.arrowquant.arrow.parquet.writer.RowGroupEncoder;
import io.arrowquant.arrow.source.MappedBytes;
import io.arrowquant.arrow.tensor.TensorBytes;
import io.arrowquant.core.config.DiffusionQuantConfig;
import io.arrowquant.core.safetensors.DType;
import io.arrowquant.quantize.diffusion.TensorCalibration;
import io.arrowquant.quantize.fit.ColumnImportance;
import io.arrowquant.quantize.fit.SliceOutcome;
import io.arrowquant.quantize.fit.SliceQuantizer;
import io.arrowquant.quantize.fit.SourceRows;
import io.arrowquant.quantize.kernel.SourceSums;
import io.arrowquant.quantize.measure.ErrorSums;
import io.arrowquant.quantize.plan.SlicePlan;
import io.arrowquant.quantize.plan.TensorPlan;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.zip.CRC32C;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.util.AutoCloseables;

/** Does slices, one at a time: source bytes in, an encoded row group out. One per thread. */
final class SliceWorker {

  private final SourceReader reader;
  private final BufferAllocator memory;
  private final SliceJournal journal;
  private final SliceQuantizer quantizer;
  private final SourceSums sourceSums = new SourceSums();
  private final DecodedErrors errors;

  SliceWorker(TensorBytes bytes, BufferAllocator memory, DiffusionQuantConfig config) {
    this(bytes, memory, config, null);
  }

  /**
   * @param journal of what was done before; null for none
   */
  SliceWorker(
      TensorBytes bytes,
      BufferAllocator memory,
      DiffusionQuantConfig config,
      SliceJournal journal) {
    this.reader = new SourceReader(bytes, memory);
    this.quantizer = new SliceQuantizer(config.target());
    this.memory = memory;
    this.errors = new DecodedErrors(memory);
    this.journal = journal;
  }

  /**
   * @return owned by the caller; without a row group if a tensor to be quantized holds NaN or
   *     infinities, which its sums say
   */
  SliceResult work(SlicePlan.Slice slice) {
    if (journal == null || !SliceJournal.takes(slice)) {
      return compute(slice);
    }
    SliceResult found = journal.find(slice, memory);
    if (found != null) {
      return found;
    }
    SliceResult result = compute(slice);
    try {
      journal.add(result);
      return result;
    } catch (RuntimeException | Error e) {
      result.close();
      throw e;
    }
  }

  private SliceResult compute(SlicePlan.Slice slice) {
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
    MappedBytes.checksum(crc, source, 0, source.capacity());
    return (int) crc.getValue();
  }

  /**
   * @param sources taken over, and replaced by the bytes of weights where a scale changes them
   */
  private EncodedRowGroup quantize(
      SlicePlan.Slice slice,
      List<ArrowBuf> sources,
      SlicePlan.SliceKind.Quantized kind,
      List<ErrorSums> sums) {
    List<SourceRows> weights = new ArrayList<>();
    List<SourceRows> rows = new ArrayList<>();
    float[][] scales = new float[slice.tensors().size()][];
    for (int r = 0; r < slice.tensors().size(); r++) {
      TensorPlan plan = slice.tensors().get(r);
      RowRun run = slice.layout().runs().get(r);
      ArrowBuf source = sources.set(r, null);
      weights.add(reader.weights(plan.tensor(), run, source, plan.scale()));
      sources.set(r, weights.get(r).bytes());
      scales[r] = plan.calibration().flatMap(TensorCalibration::equalization).orElse(null);
      rows.add(calibrated(weights.get(r), plan, run, scales[r], sources));
    }
    SliceOutcome outcome =
        quantizer.quantize(slice.layout(), rows, kind.bitWidth(), kind.method(), memory, sums);
    if (!(outcome instanceof SliceOutcome.Quantized quantized)) {
      return null;
    }
    measureEqualized(quantized.batch(), weights, scales, sums);
    return RowGroupEncoder.encode(quantized.batch());
  }

  /** The weights as they are to be quantized; what that allocates goes to the sources. */
  private SourceRows calibrated(
      SourceRows weights, TensorPlan plan, RowRun run, float[] scales, List<ArrowBuf> sources) {
    if (plan.calibration().isEmpty()) {
      return weights;
    }
    ColumnImportance importance = plan.calibration().get().importance();
    if (scales == null) {
      return new SourceRows(weights.dtype(), weights.bytes(), weights.offset(), importance);
    }
    ArrowBuf product = reader.multiplied(weights, run, scales);
    sources.add(product);
    return new SourceRows(DType.F32, product, 0, importance);
  }

  /** Where columns were multiplied, errors are those of what a reader divides. */
  private void measureEqualized(
      QuantizedBatch batch, List<SourceRows> weights, float[][] scales, List<ErrorSums> sums) {
    if (Arrays.stream(scales).allMatch(Objects::isNull)) {
      return;
    }
    try {
      PackedRows rows = BatchRows.of(batch, scales);
      for (int r = 0; r < scales.length; r++) {
        if (scales[r] != null) {
          sums.set(r, errors.sums(rows, r, weights.get(r)));
        }
      }
    } catch (RuntimeException | Error e) {
      batch.close();
      throw e;
    }
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
