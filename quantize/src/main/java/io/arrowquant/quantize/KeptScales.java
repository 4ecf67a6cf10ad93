package io.arrowquant.quantize;

import io.arrowquant.arrow.parquet.LayerRecord;
import io.arrowquant.arrow.parquet.reader.ModelReader;
import io.arrowquant.quantize.plan.WeightScale;
import java.util.Optional;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.Float4Vector;

/**
 * The scales that lie beside kept 8-bit floating-point tensors: what such a tensor means is its
 * values times these. Holds those of the tensor last asked for. Not thread-safe.
 */
final class KeptScales implements AutoCloseable {

  private final ModelReader model;
  private final BufferAllocator allocator;
  private LayerRecord current;
  private WeightScale scale;
  private Float4Vector values;

  KeptScales(ModelReader model, BufferAllocator allocator) {
    this.model = model;
    this.allocator = allocator;
  }

  /** The scale of a kept layer, where there is one. */
  static Optional<WeightScale> of(ModelReader model, LayerRecord layer) {
    return WeightScale.ofStored(layer, model::layer);
  }

  /**
   * Multiplies float32 values of a kept layer with its scales, if it has some.
   *
   * @param target from its start {@code rows * columns} values, changed in place
   */
  @SuppressWarnings("ReferenceEquality") // the same record comes for each batch of a layer
  void apply(LayerRecord layer, long row, long column, int rows, int columns, ArrowBuf target) {
    if (current != layer) {
      close();
      current = layer;
      of(model, layer).ifPresent(this::load);
    }
    if (scale != null) {
      scale.multiply(row, column, rows, columns, values.getDataBuffer(), target);
    }
  }

  private void load(WeightScale found) {
    LayerRecord layer = model.layer(found.tensor().name()).orElseThrow();
    values = new QuantizedLayer(model, layer).dequantize(0, layer.rows(), allocator);
    scale = found;
  }

  @Override
  public void close() {
    current = null;
    scale = null;
    if (values != null) {
      values.close();
      values = null;
    }
  }
}
