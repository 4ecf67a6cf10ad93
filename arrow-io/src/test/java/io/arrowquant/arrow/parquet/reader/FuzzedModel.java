package io.arrowquant.arrow.parquet.reader;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.arrowquant.arrow.parquet.LayerRecord;
import io.arrowquant.arrow.parquet.Manifest;
import io.arrowquant.arrow.parquet.ModelFile;
import io.arrowquant.arrow.parquet.PageLayout;
import io.arrowquant.arrow.parquet.StoredRow;
import io.arrowquant.arrow.parquet.TestModel;
import io.arrowquant.arrow.parquet.WeightsSchema;
import io.arrowquant.core.ArrowQuantException;
import io.arrowquant.core.InvalidModelException;
import io.arrowquant.core.safetensors.DType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.zip.CRC32C;
import org.apache.arrow.memory.RootAllocator;

/** A small model of which one file is replaced by other bytes, the manifest agreeing with them. */
final class FuzzedModel {

  private static final long MOST_MEMORY = 64L << 20;
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private final Path model;
  private final Manifest manifest;
  private final String file;
  private final byte[] written;
  private final List<LayerRecord> layers;

  /**
   * @param file of the model, the one to be replaced
   */
  FuzzedModel(String file) {
    try {
      this.model = Files.createTempDirectory("fuzzed").resolve("model");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    this.file = file;
    try (RootAllocator allocator = new RootAllocator();
        TestModel writer = new TestModel(model, Long.MAX_VALUE, allocator)) {
      writer.quantized(4, true, writer.run(writer.layer("a", 5, 40, DType.F32, 4, 16), 0, 5));
      writer.quantized(3, false, writer.run(writer.layer("b", 2, 17, DType.F32, 3, 16), 0, 2));
      writer.kept(DType.F32, writer.run(writer.layer("c", 2, 9, DType.F32, 0, 0), 0, 2));
      writer.kept(DType.BF16, writer.run(writer.layer("d", 2, 9, DType.BF16, 0, 0), 0, 2));
      writer.kept(DType.I64, writer.run(writer.layer("e", 2, 3, DType.I64, 0, 0), 0, 2));
      writer.finish();
    }
    this.manifest = Manifest.read(model);
    try (ModelReader reader = ModelReader.open(model)) {
      this.layers = reader.layers();
    }
    try {
      this.written = Files.readAllBytes(model.resolve(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The file as it was, and as other writers would make it. */
  List<byte[]> seeds() throws IOException {
    return List.of(written, WithoutChecksums.of(written));
  }

  /**
   * Reads all rows of the model with other bytes in the file's place: rows or a typed error come
   * out, in bounded memory, and nothing is kept.
   *
   * @return whether they were accepted
   */
  boolean read(byte[] content) throws IOException {
    Files.write(model.resolve(file), content);
    Files.write(model.resolve(Manifest.FILE_NAME), agreeing(content).toJson());
    return inBoundedMemory(
        allocator -> {
          try (ModelReader reader = ModelReader.open(model)) {
            StoredRow.direct(reader, allocator);
          }
        });
  }

  /** The same of a weights file by itself, which takes a tenth of the time. */
  boolean readWeights(byte[] content) throws IOException {
    Files.write(model.resolve(file), content);
    return inBoundedMemory(this::readWeights);
  }

  private void readWeights(RootAllocator allocator) {
    try (PartFile part = PartFile.open(model.resolve(file), WeightsSchema.PARQUET, allocator)) {
      for (int g = 0; g < part.rowGroups().size(); g++) {
        PageLayout layout = StoredRows.layout(part, g, layers);
        if (layout.runs().isEmpty()) {
          continue;
        }
        LayerRecord layer = layers.get(layout.runs().get(0).layerId());
        if (layer.quantization() != null) {
          StoredRowGroup.read(part, g, layout, layer.quantization(), null, allocator).close();
        } else {
          int pages = layout.pages().size();
          new KeptRows(part, g, layout, layer.dtype()).decode(0, pages, allocator).close();
        }
      }
    } catch (IllegalStateException e) {
      throw e;
    } catch (RuntimeException e) { // as ModelReader does with what parquet-java throws
      throw new InvalidModelException(e.toString(), e);
    }
  }

  private static boolean inBoundedMemory(Consumer<RootAllocator> read) {
    long before = THREADS.getCurrentThreadAllocatedBytes();
    boolean accepted = true;
    try (RootAllocator allocator = new RootAllocator(MOST_MEMORY)) {
      try {
        read.accept(allocator);
      } catch (ArrowQuantException e) {
        assertNotNull(e.getMessage());
        accepted = false;
      }
      assertEquals(0, allocator.getAllocatedMemory());
    }
    long allocated = THREADS.getCurrentThreadAllocatedBytes() - before;
    assertTrue(allocated < MOST_MEMORY, allocated + " bytes of heap were allocated");
    return accepted;
  }

  private Manifest agreeing(byte[] content) {
    CRC32C crc = new CRC32C();
    crc.update(content);
    List<ModelFile> files =
        manifest.files().stream()
            .map(
                f ->
                    f.path().equals(file)
                        ? new ModelFile(file, content.length, f.rows(), crc.getValue())
                        : f)
            .toList();
    return new Manifest(
        manifest.format(),
        manifest.formatVersion(),
        manifest.arrowquantVersion(),
        manifest.config(),
        manifest.modality(),
        manifest.source(),
        manifest.calibration(),
        manifest.totals(),
        files);
  }
}
