package io.arrowquant.quantize.diff;

import io.arrowquant.arrow.parquet.LayerRecord;
import io.arrowquant.arrow.parquet.PageLayout;
import io.arrowquant.arrow.parquet.reader.ModelReader;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.arrow.memory.BufferAllocator;

/** A quantized model's folder. Owns its reader. */
final class StoredSide implements ModelSide {

  private final ModelReader reader;
  private final List<PageLayout> layouts;
  private final BufferAllocator memory;

  StoredSide(Path model, BufferAllocator memory) {
    this.reader = ModelReader.open(model);
    this.memory = memory;
    try {
      this.layouts = reader.layouts();
    } catch (RuntimeException | Error e) {
      reader.close();
      throw e;
    }
  }

  @Override
  public SortedMap<String, TensorFacts> tensors() {
    SortedMap<String, TensorFacts> tensors = new TreeMap<>();
    for (LayerRecord layer : reader.layers()) {
      String type = layer.quantization() == null ? layer.dtype().name() : layer.quantType();
      tensors.put(layer.name(), new TensorFacts(layer.dtype(), type, layer.shape()));
    }
    return tensors;
  }

  @Override
  public boolean isScaled(String name) {
    LayerRecord layer = reader.layer(name).orElseThrow();
    return layer.quantization() != null && layer.scaleTensor() != null;
  }

  @Override
  public TensorCursor open(String name, boolean scaled) {
    return new StoredCursor(reader, layouts, reader.layer(name).orElseThrow(), memory);
  }

  @Override
  public void close() {
    reader.close();
  }
}
