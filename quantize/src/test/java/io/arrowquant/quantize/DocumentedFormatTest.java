package io.arrowquant.quantize;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.arrow.parquet.LayerRecord;
import io.arrowquant.arrow.safetensors.SafeTensorsWriter;
import io.arrowquant.arrow.safetensors.SafeTensorsWriter.Entry;
import io.arrowquant.core.Progress;
import io.arrowquant.core.config.ConfigBuilder;
import io.arrowquant.core.config.DiffusionQuantConfig;
import io.arrowquant.core.config.Method;
import io.arrowquant.core.safetensors.DType;
import io.arrowquant.core.safetensors.TensorInfo;
import io.arrowquant.quantize.format.PlainModel;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.Float4Vector;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** A reader written from {@code docs/format.md} alone reads what is written. */
class DocumentedFormatTest {

  @TempDir Path folder;

  @ParameterizedTest
  @FieldSource("io.arrowquant.core.config.CodeLimits#BIT_WIDTHS")
  void everyTensorComesOutTheSame(int bits) throws IOException {
    Path source = folder.resolve("model.safetensors");
    OddCheckpoint.write(source, OddCheckpoint.TENSORS);
    Path out = quantized(source, DiffusionQuantConfig.builder().bitWidth(bits).minAccuracy(0));
    Map<String, PlainSafeTensors.Tensor> original = PlainSafeTensors.read(source).tensors();
    PlainModel plain = new PlainModel(out);
    assertEquals(original.keySet(), plain.tensors().keySet());
    try (QuantizedModel model = QuantizedModel.open(out)) {
      plain
          .tensors()
          .forEach(
              (name, tensor) -> {
                if (tensor.weights() == null) {
                  assertArrayEquals(original.get(name).bytes(), tensor.data(), name);
                } else {
                  assertArrayEquals(bits(decoded(model, name)), bits(tensor.weights()), name);
                }
              });
    }
  }

  /** Alike groups in many rows: scales come compressed, in pages of version 1. */
  @Test
  void compressedScalesAreRead() throws IOException {
    Path source = folder.resolve("model.safetensors");
    write(source, List.of(new Entry("w", DType.F32, List.of(2048L, 256L))), i -> i % 32 / 8f);
    Path out = quantized(source, DiffusionQuantConfig.builder().bitWidth(4).groupSize(32));
    PlainModel plain = new PlainModel(out);
    assertTrue(plain.pagesOfVersion1() > 0);
    try (QuantizedModel model = QuantizedModel.open(out)) {
      assertArrayEquals(decoded(model, "w"), plain.tensors().get("w").weights());
    }
  }

  /** Codes of 8 bits, compressed to about two. */
  @Test
  void compressedCodesAreRead() throws IOException {
    Path source = folder.resolve("model.safetensors");
    Random random = new Random(3);
    write(
        source,
        List.of(new Entry("w", DType.F32, List.of(300L, 257L))),
        i -> (float) random.nextGaussian());
    Path out =
        quantized(
            source, DiffusionQuantConfig.builder().bitWidth(2).method(Method.RATE).minAccuracy(0));
    PlainModel plain = new PlainModel(out);
    try (QuantizedModel model = QuantizedModel.open(out)) {
      LayerRecord layer = model.layers().get(0);
      assertEquals("rate2", layer.quantType());
      assertEquals(8, layer.quantization().codeWidth());
      assertTrue(layer.bitsPerWeight() < 3, () -> layer.bitsPerWeight() + " bits");
      assertArrayEquals(decoded(model, "w"), plain.tensors().get("w").weights());
    }
  }

  @Test
  void keptFloat8IsMultipliedWithTheScalesBesideIt() throws IOException {
    Path source = folder.resolve("model.safetensors");
    Random random = new Random(7);
    write(
        source,
        List.of(
            new Entry("a.weight", DType.F8_E4M3, List.of(200L, 320L)),
            new Entry("a.weight_scale_inv", DType.F32, List.of(2L, 3L))),
        i -> 0.5f + random.nextFloat());
    Path out = quantized(source, DiffusionQuantConfig.builder().keep("*"));
    try (QuantizedModel model = QuantizedModel.open(out)) {
      assertArrayEquals(decoded(model, "a.weight"), new PlainModel(out).scaled("a.weight"));
    }
  }

  /** The page that the document takes apart is one that is written. */
  @Test
  void thePageOfTheDocumentIsWritten() throws IOException {
    String document = Files.readString(Path.of("..", "docs", "format.md"));
    Matcher lines = Pattern.compile("(?m)^((?:[0-9a-f]{2} )+) +\\S").matcher(document);
    StringBuilder page = new StringBuilder();
    while (lines.find()) {
      page.append(lines.group(1).replace(" ", ""));
    }
    assertTrue(page.length() >= 20, "hexadecimal lines of the document: " + page);

    Path source = folder.resolve("model.safetensors");
    float[] weights = {-1.5f, -1, -0.5f, 0, 0.5f, 1, 1.5f, 2, -1.5f, 0};
    write(source, List.of(new Entry("w", DType.F32, List.of(2L, 5L))), i -> weights[i]);
    Path out =
        quantized(
            source,
            DiffusionQuantConfig.builder()
                .bitWidth(3)
                .groupSize(32)
                .quantize("*")
                .method(Method.FAST));
    String file =
        HexFormat.of().formatHex(Files.readAllBytes(out.resolve("weights/part-00000.parquet")));
    assertTrue(file.contains(page), page + " in " + file);
  }

  private Path quantized(Path source, ConfigBuilder config) {
    Path out = folder.resolve("out");
    new ArrowQuantV2().quantizeFromSafeTensors(source, out, config.build(), Progress.NONE);
    return out;
  }

  private static float[] decoded(QuantizedModel model, String name) {
    try (BufferAllocator allocator = new RootAllocator();
        Float4Vector vector = model.dequantize(name, allocator)) {
      float[] weights = new float[vector.getValueCount()];
      for (int i = 0; i < weights.length; i++) {
        weights[i] = vector.get(i);
      }
      return weights;
    }
  }

  private static int[] bits(float[] floats) {
    int[] bits = new int[floats.length];
    Arrays.setAll(bits, i -> Float.floatToRawIntBits(floats[i]));
    return bits;
  }

  @FunctionalInterface
  private interface Value {
    float of(int index);
  }

  private static void write(Path file, List<Entry> entries, Value value) {
    try (SafeTensorsWriter writer = SafeTensorsWriter.create(file, Map.of(), entries)) {
      while (writer.current().isPresent()) {
        TensorInfo tensor = writer.current().get();
        ByteBuffer bytes =
            ByteBuffer.allocate((int) tensor.byteSize()).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; bytes.hasRemaining(); i++) {
          if (tensor.dtype() == DType.F32) {
            bytes.putFloat(value.of(i));
          } else {
            bytes.put((byte) (i * 37 & 0xbf));
          }
        }
        writer.write(bytes.flip());
      }
    }
  }
}
