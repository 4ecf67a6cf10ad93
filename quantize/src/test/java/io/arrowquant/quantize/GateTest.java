package io.arrowquant.quantize;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.arrow.parquet.LayerRecord;
import io.arrowquant.arrow.safetensors.SafeTensorsWriter;
import io.arrowquant.core.AccuracyException;
import io.arrowquant.core.config.ConfigBuilder;
import io.arrowquant.core.config.DiffusionQuantConfig;
import io.arrowquant.core.safetensors.DType;
import io.arrowquant.core.safetensors.TensorInfo;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tensors that fall short of the accuracy asked for get more bits, and the trail is recorded. */
class GateTest {

  @TempDir Path folder;
  private Path input;

  /** Small tensors that share a row group, easy ones and hard ones, and a large one with a NaN. */
  @BeforeEach
  void write() {
    input = folder.resolve("model.safetensors");
    Map<String, Long> rows = new TreeMap<>();
    rows.put("easy0", 64L);
    rows.put("easy1", 64L);
    rows.put("hard", 64L);
    rows.put("large", 20_000L);
    rows.put("nan", 64L);
    List<SafeTensorsWriter.Entry> entries =
        rows.entrySet().stream()
            .map(
                e ->
                    new SafeTensorsWriter.Entry(e.getKey(), DType.F32, List.of(e.getValue(), 256L)))
            .toList();
    try (SafeTensorsWriter writer = SafeTensorsWriter.create(input, Map.of(), entries)) {
      for (TensorInfo tensor : writer.order()) {
        writer.write(content(tensor));
      }
    }
  }

  private static ByteBuffer content(TensorInfo tensor) {
    Random random = new Random(tensor.name().hashCode());
    int count = (int) tensor.elementCount();
    ByteBuffer bytes = ByteBuffer.allocate(count * 4).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < count; i++) {
      double value =
          switch (tensor.name()) {
            case "hard" ->
                random.nextInt(40) == 0 ? 30 * random.nextGaussian() : random.nextGaussian();
            case "nan" -> i == 5000 ? Float.NaN : random.nextGaussian();
            case "large" -> i == count - 1 ? Float.POSITIVE_INFINITY : random.nextInt(2);
            default -> random.nextInt(4);
          };
      bytes.putFloat((float) value);
    }
    return bytes.flip();
  }

  private static ConfigBuilder twoBits() {
    return DiffusionQuantConfig.builder().bitWidth(2).groupSize(128).threads(2);
  }

  @Test
  void hardTensorsClimbTheLadderAndNonFiniteOnesAreKept() {
    DiffusionQuantConfig config = twoBits().minAccuracy(0.99).build();
    ArrowQuantV2 arrowQuant = new ArrowQuantV2();
    Path output = folder.resolve("out");
    QuantizationResult result = arrowQuant.quantizeFromSafeTensors(input, output, config);
    Map<String, LayerRecord> layers = new TreeMap<>();
    result.layers().forEach(layer -> layers.put(layer.name(), layer));
    assertEquals("int2", layers.get("easy0").quantType());
    assertEquals("int2", layers.get("easy1").quantType());
    LayerRecord hard = layers.get("hard");
    assertTrue(hard.quantization().bitWidth() > 3, hard.quantType());
    assertTrue(hard.quality().cosineSimilarity() >= 0.99);
    assertEquals(2, hard.attempts().get(0).bitWidth());
    for (LayerRecord.Attempt attempt : hard.attempts()) {
      assertTrue(attempt.cosineSimilarity() < 0.99);
    }
    for (String name : List.of("nan", "large")) {
      assertEquals("holds NaN or infinities", layers.get(name).keptReason());
      assertEquals(
          1, layers.get(name).statistics().nanCount() + layers.get(name).statistics().infCount());
    }
    assertTrue(arrowQuant.validate(input, output, config).passed());
    try (QuantizedModel model = QuantizedModel.open(output)) {
      assertEquals(result.layers(), model.layers());
    }
  }

  @Test
  void whatFailsAtEightBitsIsKept() {
    QuantizationResult result =
        new ArrowQuantV2()
            .quantizeFromSafeTensors(input, folder.resolve("out"), twoBits().minSqnr(190).build());
    for (LayerRecord layer : result.layers()) {
      if (layer.name().equals("hard")) {
        assertEquals("fell short of the accuracy asked for at every width", layer.keptReason());
        assertEquals(6, layer.attempts().size());
        assertNull(layer.quality());
      }
    }
  }

  @Test
  void failFastEndsTheRunAndLeavesNothing() {
    DiffusionQuantConfig config = twoBits().minAccuracy(0.99).failFast(true).build();
    Path output = folder.resolve("out");
    AccuracyException e =
        assertThrows(
            AccuracyException.class,
            () -> new ArrowQuantV2().quantizeFromSafeTensors(input, output, config));
    assertTrue(e.getMessage().contains("\"hard\" at 2 bits"), e.getMessage());
    assertFalse(Files.exists(output));
    assertFalse(Files.exists(folder.resolve(".out.partial")));
  }
}
