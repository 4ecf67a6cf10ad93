package io.arrowquant.quantize.export;

import io.arrowquant.arrow.parquet.PageLayout;
import io.arrowquant.arrow.parquet.QuantizedBatch;
import io.arrowquant.arrow.parquet.RowRun;
import io.arrowquant.core.InvalidConfigException;
import io.arrowquant.core.QuotedName;
import io.arrowquant.core.config.Method;
import io.arrowquant.core.safetensors.DType;
import io.arrowquant.quantize.QuantizedLayer;
import io.arrowquant.quantize.fit.SliceOutcome;
import io.arrowquant.quantize.fit.SliceQuantizer;
import io.arrowquant.quantize.fit.SourceRows;
import io.arrowquant.quantize.kernel.PackedStrip;
import io.arrowquant.quantize.measure.ErrorSums;
import java.util.List;
import java.util.function.Consumer;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.Float4Vector;

/** A layer's weights, quantized anew for a runtime each time they are walked over. */
final class RequantizedStrips implements PackedStrips {

  private static final long SLICE_WEIGHTS = 1 << 22;

  private final QuantizedLayer layer;
  private final int bits;
  private final int groupSize;
  private final SliceQuantizer quantizer;
  private final BufferAllocator memory;

  /**
   * @param quantizer for the target; its scratch memory is shared with other layers
   */
  RequantizedStrips(
      QuantizedLayer layer,
      SliceQuantizer quantizer,
      int bits,
      int groupSize,
      BufferAllocator memory) {
    this.layer = layer;
    this.bits = bits;
    this.groupSize = groupSize;
    this.quantizer = quantizer;
    this.memory = memory;
  }

  @Override
  public int bits() {
    return bits;
  }

  @Override
  public int groupSize() {
    return groupSize;
  }

  /** The SQNR against the model's weights, in dB. */
  double sqnrDb() {
    ErrorSums sums = new ErrorSums();
    walk(sums, strip -> {});
    return sums.quality().sqnrDb();
  }

  @Override
  public void forEach(Consumer<PackedStrip> visitor) {
    walk(new ErrorSums(), visitor);
  }

  private void walk(ErrorSums sums, Consumer<PackedStrip> visitor) {
    long rows = layer.record().rows();
    long columns = layer.record().columns();
    if (columns > RowRun.MAX_COLUMNS) {
      throw new InvalidConfigException(
          QuotedName.of(layer.record().name())
              + " has "
              + columns
              + " columns, too many to be quantized anew.");
    }
    long step = Math.max(1, SLICE_WEIGHTS / columns);
    for (long row = 0; row < rows; row += step) {
      int count = (int) Math.min(step, rows - row);
      RowRun run =
          new RowRun(0, layer.record().name(), row, count, Math.toIntExact(columns), groupSize);
      try (Float4Vector weights = layer.dequantize(row, count, memory)) {
        quantize(PageLayout.of(List.of(run)), weights.getDataBuffer(), sums, visitor);
      }
    }
  }

  private void quantize(
      PageLayout layout, ArrowBuf weights, ErrorSums sums, Consumer<PackedStrip> visitor) {
    SliceOutcome outcome =
        quantizer.quantize(
            layout,
            List.of(new SourceRows(DType.F32, weights, 0)),
            bits,
            Method.BEST,
            memory,
            List.of(sums));
    if (!(outcome instanceof SliceOutcome.Quantized quantized)) {
      throw new IllegalStateException("stored weights are finite");
    }
    try (QuantizedBatch batch = quantized.batch()) {
      strips(batch).forEach(visitor);
    }
  }

  private List<PackedStrip> strips(QuantizedBatch batch) {
    return PackedStrip.of(
        batch.layout(), 0, bits, batch::packed, batch.scaleValues(), batch.zeroPointValues(), 0);
  }
}
