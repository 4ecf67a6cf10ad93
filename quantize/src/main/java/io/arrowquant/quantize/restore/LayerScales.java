package io.arrowquant.quantize.restore;

import io.arrowquant.arrow.parquet.LayerRecord;
import io.arrowquant.arrow.parquet.PageLayout;
import io.arrowquant.arrow.parquet.RowRun;
import io.arrowquant.arrow.parquet.reader.ModelReader;
import io.arrowquant.arrow.tensor.Widening;
import io.arrowquant.core.InvalidModelException;
import io.arrowquant.core.QuotedName;
import io.arrowquant.quantize.plan.WeightScale;
import java.util.List;
import java.util.Optional;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;

/** The published scales of an 8-bit weight, to be taken out again. Owns their values. */
final class LayerScales implements AutoCloseable {

  private final WeightScale scale;
  private final ArrowBuf reciprocals;

  private LayerScales(WeightScale scale, ArrowBuf reciprocals) {
    this.scale = scale;
    this.reciprocals = reciprocals;
  }

  /**
   * The scales of a layer.
   *
   * @param layouts of all row groups, complete
   * @return null where the layer has none; owned by the caller
   */
  static LayerScales of(
      ModelReader reader, List<PageLayout> layouts, LayerRecord layer, BufferAllocator allocator) {
    if (layer.scaleTensor() == null) {
      return null;
    }
    Optional<WeightScale> scale = WeightScale.ofStored(layer, reader::layer);
    if (scale.isEmpty()) {
      throw new InvalidModelException(
          QuotedName.of(reader.path())
              + " lacks the scales "
              + QuotedName.of(layer.scaleTensor())
              + " of tensor "
              + QuotedName.of(layer.name())
              + ".");
    }
    LayerRecord scales = reader.layer(scale.get().tensor().name()).orElseThrow();
    ArrowBuf values = values(reader, layouts, scales, allocator);
    for (long i = 0; i < scales.parameters(); i++) {
      float value = values.getFloat(i * Float.BYTES);
      values.setFloat(i * Float.BYTES, value == 0 ? 0 : 1 / value);
    }
    return new LayerScales(scale.get(), values);
  }

  private static ArrowBuf values(
      ModelReader reader, List<PageLayout> layouts, LayerRecord scales, BufferAllocator allocator) {
    if (scales.quantization() != null) {
      throw new InvalidModelException(
          "The scales " + QuotedName.of(scales.name()) + " are quantized themselves.");
    }
    ArrowBuf values = allocator.buffer(Math.max(1, scales.parameters() * Float.BYTES));
    try {
      int width = scales.dtype().bits() / 8;
      for (int g = 0; g < layouts.size(); g++) {
        ModelReader.RowGroupRef ref = reader.rowGroups().get(g);
        if (layouts.get(g).runs().stream().noneMatch(run -> run.layerId() == scales.layerId())) {
          continue;
        }
        try (ArrowBuf kept = reader.kept(ref, layouts.get(g), allocator)) {
          long at = 0;
          for (RowRun run : layouts.get(g).runs()) {
            long bytes = run.weights() * width;
            if (run.layerId() == scales.layerId()) {
              long first = run.firstRow() * scales.columns() + run.firstColumn();
              Widening.widen(
                  scales.dtype(), kept.slice(at, bytes), values, first, (int) run.weights());
            }
            at += bytes;
          }
        }
      }
      return values;
    } catch (RuntimeException | Error e) {
      values.close();
      throw e;
    }
  }

  /** Divides whole rows, or a part of one row, by their scales. */
  void divide(long firstRow, long firstColumn, int rows, int columns, ArrowBuf weights) {
    scale.multiply(firstRow, firstColumn, rows, columns, reciprocals, weights);
  }

  @Override
  public void close() {
    reciprocals.close();
  }
}
