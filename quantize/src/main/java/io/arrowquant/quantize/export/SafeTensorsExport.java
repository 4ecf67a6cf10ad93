package io.arrowquant.quantize.export;

import io.arrowquant.arrow.parquet.LayerRecord;
import io.arrowquant.arrow.safetensors.ShardedSafeTensorsWriter;
import io.arrowquant.core.ArrowQuantException;
import io.arrowquant.core.InvalidConfigException;
import io.arrowquant.core.QuotedName;
import io.arrowquant.core.config.Target;
import io.arrowquant.core.safetensors.DType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.Float4Vector;

/** Writes components as SafeTensors shards. */
final class SafeTensorsExport {

  private static final long FLOATS_AT_ONCE = 1 << 22;

  private final ExportOptions options;
  private final BufferAllocator memory;

  SafeTensorsExport(ExportOptions options, BufferAllocator memory) {
    this.options = options;
    this.memory = memory;
  }

  /**
   * Plans the files of a component.
   *
   * @throws InvalidConfigException if two tensors would have one name
   */
  PlannedFiles plan(Component component) {
    List<ExportTensor> tensors = tensors(component);
    return new PlannedFiles() {
      @Override
      public long bytes() {
        return tensors.stream().mapToLong(tensor -> tensor.entry().byteSize()).sum();
      }

      @Override
      public void write(Path working, LongConsumer written) {
        SafeTensorsExport.this.write(component, tensors, working, written);
      }
    };
  }

  private List<ExportTensor> tensors(Component component) {
    List<ExportTensor> tensors = new ArrayList<>();
    for (LayerExport layer : component.layers()) {
      tensors.addAll(tensors(layer.nameInComponent(), layer));
    }
    Map<String, ExportTensor> byName = new HashMap<>();
    for (ExportTensor tensor : tensors) {
      if (byName.put(tensor.name(), tensor) != null) {
        throw new InvalidConfigException(
            "The model has a tensor "
                + QuotedName.of(tensor.name())
                + " already, which "
                + options.format().word()
                + " needs for a quantized one.");
      }
    }
    return tensors;
  }

  private List<ExportTensor> tensors(String name, LayerExport layer) {
    LayerRecord record = layer.record();
    if (layer instanceof LayerExport.Packed packed) {
      return options.format() == Target.Format.MLX
          ? MlxTensors.of(name, packed, memory)
          : PackQuantizedTensors.of(name, packed, memory);
    }
    DType dtype = layer instanceof LayerExport.Kept ? record.dtype() : DType.F32;
    return List.of(new ExportTensor(name, dtype, record.shape(), plain(layer, memory)));
  }

  /** The bytes of a layer that is not quantized: the source's, or float32. */
  static Content plain(LayerExport layer, BufferAllocator memory) {
    return layer instanceof LayerExport.Kept
        ? sink -> layer.layer().forEachKept(memory, sink)
        : sink -> floats(layer, memory, sink);
  }

  private static void floats(LayerExport layer, BufferAllocator memory, Consumer<ByteBuffer> sink) {
    LayerRecord record = layer.record();
    long step = Math.max(1, FLOATS_AT_ONCE / Math.max(1, record.columns()));
    for (long row = 0; row < record.rows(); row += step) {
      long count = Math.min(step, record.rows() - row);
      try (Float4Vector weights = layer.layer().dequantize(row, count, memory)) {
        ArrowBuf bytes = weights.getDataBuffer();
        sink.accept(bytes.nioBuffer(0, Math.toIntExact(count * record.columns() * Float.BYTES)));
      }
    }
  }

  private void write(
      Component component, List<ExportTensor> tensors, Path working, LongConsumer written) {
    Path folder = working.resolve(component.folder());
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw ArrowQuantException.whileWriting(folder, e);
    }
    Map<String, Content> contents = new HashMap<>();
    tensors.forEach(tensor -> contents.put(tensor.name(), tensor.content()));
    String framework = options.format() == Target.Format.MLX ? "mlx" : "pt";
    try (ShardedSafeTensorsWriter writer =
        ShardedSafeTensorsWriter.create(
            folder,
            component.baseName(),
            Map.of("format", framework),
            tensors.stream().map(ExportTensor::entry).toList(),
            options.maxShardBytes())) {
      while (writer.current().isPresent()) {
        contents
            .get(writer.current().get().name())
            .writeTo(
                bytes -> {
                  written.accept(bytes.remaining());
                  writer.write(bytes);
                });
      }
    }
  }
}
