package io.arrowquant.quantize.diff;

import io.arrowquant.arrow.parquet.LayerRecord;
import io.arrowquant.arrow.parquet.PageLayout;
import io.arrowquant.arrow.parquet.reader.ModelReader;
import io.arrowquant.quantize.plan.WeightScale;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
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
  public TensorCursor stored(String name) {
    return new StoredCursor(reader, layouts, reader.layer(name).orElseThrow(), memory);
  }

  /** What is quantized was multiplied before. */
  @Override
  public Optional<WeightScale> scale(String name) {
    LayerRecord layer = reader.layer(name).orElseThrow();
    return layer.quantization() == null
        ? WeightScale.ofStored(layer, reader::layer)
        : Optional.empty();
  }

  @Override
  public void close() {
    reader.close();
  }
}
