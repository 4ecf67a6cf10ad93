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
    assertBits(expected, SourceEntropy.of(Checkpoint.open(model).tensors(), Progress.NONE));

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
