package io.arrowquant.quantize;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.arrow.parquet.LayerRecord;
import io.arrowquant.arrow.parquet.PageLayout;
import io.arrowquant.arrow.parquet.reader.ModelReader;
import io.arrowquant.arrow.safetensors.SafeTensorsWriter.Entry;
import io.arrowquant.arrow.tensor.Widening;
import io.arrowquant.core.ArrowQuantException;
import io.arrowquant.core.InvalidModelException;
import io.arrowquant.core.Progress;
import io.arrowquant.core.config.DiffusionQuantConfig;
import io.arrowquant.core.safetensors.DType;
import io.arrowquant.quantize.verify.ModelVerifier;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.Float4Vector;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A model of which a byte is flipped or an end is cut off is refused, or every weight that comes
 * out of it is right. Every byte with {@code -Plarge}, otherwise a sample of them.
 */
class DamagedModelTest {

  private static final boolean EVERY_BYTE = Boolean.getBoolean("arrowquant.large");
  private static final int FLIPS_PER_FILE = 12;
  private static final int CUTS_PER_FILE = 3;
  private static final long MOST_MEMORY = 64L << 20;

  @TempDir Path folder;
  private Path model;
  private Map<String, int[]> weights;

  @BeforeEach
  void quantize() throws IOException {
    Path input = Files.createDirectory(folder.resolve("input"));
    OddCheckpoint.write(
        input.resolve("model.safetensors"),
        List.of(
            new Entry("blocks.0.attn.weight", DType.F32, List.of(24L, 70L)),
            new Entry("blocks.1.mlp.weight", DType.BF16, List.of(17L, 64L)),
            new Entry("blocks.2.conv.weight", DType.F16, List.of(16L, 3L, 3L, 3L)),
            new Entry("blocks.3.norm.weight", DType.F32, List.of(77L)),
            new Entry("blocks.4.norm.weight", DType.BF16, List.of(99L)),
            new Entry("steps", DType.I64, List.of(20L))));
    Files.writeString(input.resolve("config.json"), "{\"model_type\": \"odd\"}");
    model = folder.resolve("model");
    new ArrowQuantV2()
        .quantizeFromSafeTensors(
            input,
            model,
            DiffusionQuantConfig.builder().bitWidth(4).tensorType("mlp=int3:g16:best").build());
    try (BufferAllocator allocator = new RootAllocator(MOST_MEMORY)) {
      weights = weights(allocator);
    }
  }

  @Test
  void flippedBytes() throws IOException {
    Random random = new Random(5);
    for (Path file : files()) {
      byte[] good = Files.readAllBytes(file);
      int step = EVERY_BYTE ? 1 : Math.max(1, good.length / FLIPS_PER_FILE);
      int refused = 0;
      int flipped = 0;
      for (int at = random.nextInt(step);
          at < good.length;
          at += 1 + random.nextInt(2 * step - 1)) {
        byte[] bad = good.clone();
        bad[at] ^= (byte) (1 << random.nextInt(8));
        Files.write(file, bad);
        flipped++;
        boolean reported = isReported();
        refused += isRefusedOrRight(file + " at " + at) || reported ? 1 : 0;
        assertTrue(reported || file.endsWith("model.json"), file + " at " + at);
      }
      Files.write(file, good);
      assertTrue(refused > flipped / 8, file + ": " + refused + " of " + flipped);
    }
  }

  @Test
  void cutAndGrown() throws IOException {
    for (Path file : files()) {
      byte[] good = Files.readAllBytes(file);
      int step = EVERY_BYTE ? 1 : Math.max(1, 1 + good.length / CUTS_PER_FILE);
      for (int length = 0; length < good.length; length += step) {
        Files.write(file, Arrays.copyOf(good, length));
        if (file.startsWith(model.resolve("source"))) {
          isRefusedOrRight(file + " cut to " + length);
        } else {
          assertThrows(InvalidModelException.class, () -> QuantizedModel.open(model).close());
        }
      }
      Files.write(file, Arrays.copyOf(good, good.length + 1));
      isRefusedOrRight(file + " grown");
      Files.delete(file);
      isRefusedOrRight(file + " gone");
      Files.write(file, good);
    }
  }

  /** Whether a verification finds something; all files but the manifest have a checksum. */
  private boolean isReported() {
    try {
      return !new ModelVerifier(model, 1).verify(Progress.NONE).passed();
    } catch (InvalidModelException e) {
      return true;
    }
  }

  /** Reads everything; whatever comes out must be right. */
  private boolean isRefusedOrRight(String where) {
    try (BufferAllocator allocator = new RootAllocator(MOST_MEMORY)) {
      try {
        Map<String, int[]> found = weights(allocator);
        assertEquals(weights.keySet(), found.keySet(), where);
        weights.forEach((name, bits) -> assertArrayEquals(bits, found.get(name), where));
        return false;
      } catch (ArrowQuantException e) {
        return true;
      } finally {
        assertEquals(0, allocator.getAllocatedMemory(), where);
      }
    }
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> tree = Files.walk(model)) {
      return tree.filter(Files::isRegularFile).sorted().toList();
    }
  }

  /** All tensors by name, floats by their bits, others as the bytes they were. */
  private Map<String, int[]> weights(BufferAllocator allocator) {
    Map<String, int[]> found = new TreeMap<>();
    try (ModelReader reader = ModelReader.open(model)) {
      for (LayerRecord layer : reader.layers()) {
        found.put(layer.toString(), new int[0]);
        if (Widening.supports(layer.dtype())) {
          try (Float4Vector vector =
              new QuantizedLayer(reader, layer).dequantize(0, layer.rows(), allocator)) {
            found.put(layer.name(), bits(vector.getDataBuffer(), vector.getValueCount()));
          }
        }
      }
      for (ModelReader.RowGroupRef ref : reader.rowGroups()) {
        PageLayout layout = reader.layout(ref);
        if (!reader.isQuantized(ref)) {
          try (ArrowBuf bytes = reader.kept(ref, layout, allocator)) {
            found.put("kept: " + layout.runs(), bits(bytes, (int) bytes.writerIndex() / 4));
          }
        }
      }
    }
    return found;
  }

  private static int[] bits(ArrowBuf buffer, int count) {
    int[] bits = new int[count];
    for (int i = 0; i < count; i++) {
      bits[i] = buffer.getInt(4L * i);
    }
    return bits;
  }
}
