package io.arrowquant.quantize.entropy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.arrow.safetensors.SafeTensorsWriter;
import io.arrowquant.arrow.safetensors.SafeTensorsWriter.Entry;
import io.arrowquant.core.Progress;
import io.arrowquant.core.RunInterruptedException;
import io.arrowquant.core.checkpoint.Checkpoint;
import io.arrowquant.core.config.DiffusionQuantConfig;
import io.arrowquant.core.safetensors.DType;
import io.arrowquant.quantize.ArrowQuantV2;
import io.arrowquant.quantize.QuantizedModel;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EntropyTest {

  @TempDir Path folder;

  @Test
  void bitsAreThoseOfTheHistogram() {
    Map<String, IntToDoubleFunction> tensors = new TreeMap<>();
    tensors.put("constant", i -> 3);
    tensors.put("every code", i -> i % 256);
    tensors.put("every code, elsewhere", i -> -1e30 + 1e28 * (i % 256));
    tensors.put("extremes", i -> i % 2 == 0 ? -Float.MAX_VALUE : Float.MAX_VALUE);
    tensors.put("no numbers", i -> Double.NaN);
    tensors.put("some numbers", i -> i % 2 == 0 ? Double.NEGATIVE_INFINITY : i % 4);
    Path model = write(tensors);
    Map<String, Double> expected =
        Map.of(
            "constant", 0.0,
            "every code", 8.0,
            "every code, elsewhere", 8.0,
            "extremes", 1.0,
            "some numbers", 1.0);
    assertBits(expected, ofSource(model));

    Path kept = folder.resolve("kept");
    new ArrowQuantV2()
        .quantizeFromSafeTensors(model, kept, DiffusionQuantConfig.builder().keep("*").build());
    try (QuantizedModel opened = QuantizedModel.open(kept)) {
      assertBits(expected, opened.entropies(tensors.keySet(), Progress.NONE));
      assertBits(Map.of("extremes", 1.0), opened.entropies(List.of("extremes"), Progress.NONE));
    }
  }

  @Test
  void storedCodesAreCounted() {
    Path out = folder.resolve("out");
    Path model = write(Map.of("a.weight", i -> i % 4, "b.weight", i -> 1));
    new ArrowQuantV2().quantizeFromSafeTensors(model, out, 2);
    try (QuantizedModel opened = QuantizedModel.open(out)) {
      assertBits(
          Map.of("a.weight", 2.0, "b.weight", 0.0),
          opened.entropies(List.of("a.weight", "b.weight"), Progress.NONE));
      Thread.currentThread().interrupt();
      assertThrows(
          RunInterruptedException.class,
          () -> opened.entropies(List.of("a.weight"), Progress.NONE));
      assertTrue(Thread.interrupted());
    }
  }

  /** One value, under two scales. */
  @Test
  void publishedScalesAreMultipliedWith() {
    Path file = folder.resolve("f8.safetensors");
    List<Entry> entries =
        List.of(
            new Entry("a.weight", DType.F8_E4M3, List.of(64L, 256L)),
            new Entry("a.weight_scale", DType.F32, List.of(64L)));
    try (SafeTensorsWriter writer = SafeTensorsWriter.create(file, Map.of(), entries)) {
      while (writer.current().isPresent()) {
        var tensor = writer.current().get();
        ByteBuffer bytes =
            ByteBuffer.allocate((int) tensor.byteSize()).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; bytes.hasRemaining(); i++) {
          if (tensor.dtype() == DType.F32) {
            bytes.putFloat(1 + i % 2);
          } else {
            bytes.put((byte) 0x38);
          }
        }
        writer.write(bytes.flip());
      }
    }
    Map<String, Double> expected = Map.of("a.weight", 1.0, "a.weight_scale", 1.0);
    assertBits(expected, ofSource(file));
    Path kept = folder.resolve("kept");
    new ArrowQuantV2()
        .quantizeFromSafeTensors(file, kept, DiffusionQuantConfig.builder().keep("*").build());
    try (QuantizedModel opened = QuantizedModel.open(kept)) {
      // A model's kept tensors are looked at as they are stored, as their statistics are.
      assertEquals(1, opened.layer("a.weight").record().statistics().max());
      assertBits(
          Map.of("a.weight", 0.0, "a.weight_scale", 1.0),
          opened.entropies(expected.keySet(), Progress.NONE));
    }
  }

  private static Map<String, Double> ofSource(Path model) {
    Checkpoint checkpoint = Checkpoint.open(model);
    return SourceEntropy.of(checkpoint.tensors(), checkpoint::tensor, Progress.NONE);
  }

  private static void assertBits(Map<String, Double> expected, Map<String, Double> found) {
    assertEquals(expected.keySet(), found.keySet());
    expected.forEach((name, bits) -> assertEquals(bits, found.get(name), 1e-12, name));
  }

  /** Matrices of 64 x 256 float32. */
  private Path write(Map<String, IntToDoubleFunction> tensors) {
    Path file = folder.resolve("model.safetensors");
    List<Entry> entries =
        tensors.keySet().stream()
            .sorted()
            .map(name -> new Entry(name, DType.F32, List.of(64L, 256L)))
            .toList();
    try (SafeTensorsWriter writer = SafeTensorsWriter.create(file, Map.of(), entries)) {
      while (writer.current().isPresent()) {
        IntToDoubleFunction value = tensors.get(writer.current().get().name());
        ByteBuffer bytes = ByteBuffer.allocate(64 * 256 * 4).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; bytes.hasRemaining(); i++) {
          bytes.putFloat((float) value.applyAsDouble(i));
        }
        writer.write(bytes.flip());
      }
    }
    return file;
  }
}
