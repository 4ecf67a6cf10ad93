package io.arrowquant.quantize.restore;

import io.arrowquant.arrow.parquet.LayerRecord;
import io.arrowquant.arrow.safetensors.SafeTensorsWriter.Entry;
import io.arrowquant.core.safetensors.DType;

/**
 * A tensor of the model and what it becomes.
 *
 * @param layer as stored
 * @param component the diffusers component that it belongs to, or the empty string
 * @param name in its file
 * @param dtype in its file
 */
record RestoredTensor(LayerRecord layer, String component, String name, DType dtype) {

  static RestoredTensor of(LayerRecord layer, TargetDType target) {
    DType dtype =
        layer.quantization() == null ? layer.dtype() : target.dtype().orElse(layer.dtype());
    return new RestoredTensor(layer, layer.component(), layer.nameInComponent(), dtype);
  }

  /** The same in a file that holds all components. */
  RestoredTensor whole() {
    return new RestoredTensor(layer, "", layer.name(), dtype);
  }

  Entry entry() {
    return new Entry(name, dtype, layer.shape());
  }
}
