package io.arrowquant.quantize.export;

import io.arrowquant.arrow.parquet.Flattening;
import io.arrowquant.arrow.parquet.LayerRecord;
import io.arrowquant.core.ArrowQuantException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongConsumer;
import java.util.stream.Collectors;
import org.apache.arrow.memory.BufferAllocator;

/** Writes each component as one GGUF file. */
final class GgufExport {

  static final String UNKNOWN = "unknown";

  private static final int MOST_DIMENSIONS = 4;

  /** Where ComfyUI's loader looks for the shape of a tensor that the file has flattened. */
  private static final String ORIGINAL_SHAPE = "comfy.gguf.orig_shape.";

  private final ExportOptions options;
  private final BufferAllocator memory;
  private final List<String> notes;

  /**
   * @param notes takes what there is to tell
   */
  GgufExport(ExportOptions options, BufferAllocator memory, List<String> notes) {
    this.options = options;
    this.memory = memory;
    this.notes = notes;
  }

  private record Tensor(String name, List<Long> shape, GgufType type, Content content) {

    long bytes() {
      return type.bytes(shape.stream().reduce(1L, Math::multiplyExact));
    }
  }

  PlannedFiles plan(Component component) {
    GgufHeader header = new GgufHeader();
    header.put("general.architecture", architecture(component));
    header.put("general.quantization_version", 2);
    header.put("general.alignment", GgufHeader.ALIGNMENT);
    List<Tensor> tensors = new ArrayList<>();
    for (LayerExport layer : component.layers()) {
      Tensor tensor = tensor(layer.nameInComponent(), layer);
      tensors.add(tensor);
      header.tensor(tensor.name(), tensor.shape(), tensor.type(), tensor.bytes());
      if (!tensor.shape().equals(layer.record().shape())) {
        header.put(ORIGINAL_SHAPE + tensor.name(), layer.record().shape());
      }
    }
    byte[] prefix = header.bytes();
    String file = (component.folder().isEmpty() ? "model" : component.folder()) + ".gguf";
    return new PlannedFiles() {
      @Override
      public long bytes() {
        return tensors.stream().mapToLong(Tensor::bytes).sum();
      }

      @Override
      public void write(Path working, LongConsumer written) {
        GgufExport.write(working.resolve(file), prefix, tensors, written);
      }
    };
  }

  private String architecture(Component component) {
    Optional<String> known =
        options
            .architecture()
            .or(
                () ->
                    Architecture.of(
                            component.layers().stream()
                                .map(LayerExport::nameInComponent)
                                .collect(Collectors.toSet()))
                        .map(Architecture::word));
    if (known.isEmpty()) {
      notes.add(
          "The architecture of "
              + (component.folder().isEmpty() ? "the model" : component.folder())
              + " is not known: general.architecture is \""
              + UNKNOWN
              + "\"; say it with --architecture where a loader asks for it.");
    }
    return known.orElse(UNKNOWN);
  }

  private Tensor tensor(String name, LayerExport layer) {
    LayerRecord record = layer.record();
    if (layer instanceof LayerExport.Packed packed) {
      GgufType type = GgufType.of(packed.strips().bits(), packed.survey()).orElseThrow();
      boolean flat =
          record.flattening() == Flattening.CONVOLUTION || record.shape().size() > MOST_DIMENSIONS;
      return new Tensor(
          name,
          flat ? List.of(record.rows(), record.columns()) : record.shape(),
          type,
          GgufBlocks.of(packed.strips(), type));
    }
    GgufType type =
        layer instanceof LayerExport.Kept
            ? GgufType.ofKept(record.dtype()).orElseThrow()
            : GgufType.F32;
    boolean flat = record.shape().size() > MOST_DIMENSIONS;
    List<Long> shape =
        record.shape().isEmpty()
            ? List.of(1L)
            : flat ? List.of(record.rows(), record.columns()) : record.shape();
    return new Tensor(name, shape, type, SafeTensorsExport.plain(layer, memory));
  }

  private static void write(Path file, byte[] prefix, List<Tensor> tensors, LongConsumer written) {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      writeFully(channel, ByteBuffer.wrap(prefix));
      for (Tensor tensor : tensors) {
        long start = channel.position();
        tensor
            .content()
            .writeTo(
                bytes -> {
                  written.accept(bytes.remaining());
                  writeFully(channel, bytes);
                });
        long size = channel.position() - start;
        if (size != tensor.bytes()) {
          throw new IllegalStateException(
              tensor.name() + " took " + size + " bytes; expected " + tensor.bytes());
        }
        writeFully(channel, ByteBuffer.allocate((int) (GgufHeader.aligned(size) - size)));
      }
    } catch (UncheckedIOException e) {
      throw ArrowQuantException.whileWriting(file, e.getCause());
    } catch (IOException e) {
      throw ArrowQuantException.whileWriting(file, e);
    }
  }

  private static void writeFully(FileChannel channel, ByteBuffer bytes) {
    try {
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
