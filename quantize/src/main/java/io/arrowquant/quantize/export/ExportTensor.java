package io.arrowquant.quantize.export;

import io.arrowquant.arrow.safetensors.SafeTensorsWriter.Entry;
import io.arrowquant.core.safetensors.DType;
import java.util.List;

/** A tensor of a SafeTensors file to be. */
record ExportTensor(Entry entry, Content content) {

  ExportTensor(String name, DType dtype, List<Long> shape, Content content) {
    this(new Entry(name, dtype, shape), content);
  }

  String name() {
    return entry.name();
  }
}
