package io.arrowquant.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.arrow.safetensors.SafeTensorsWriter;
import io.arrowquant.arrow.safetensors.SafeTensorsWriter.Entry;
import io.arrowquant.core.CheckpointNotFoundException;
import io.arrowquant.core.safetensors.DType;
import io.arrowquant.quantize.ValidationReport;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QuantizeFromSafeTensorsTest {

  @TempDir Path folder;

  @Test
  void quantizesAndValidates() {
    Path model = folder.resolve("model.safetensors");
    write(model);
    ValidationReport report = QuantizeFromSafeTensors.quantize(model, folder.resolve("out"));
    assertTrue(report.passed());
    assertEquals("int4", report.layers().get(0).quantType());
    assertTrue(Files.exists(folder.resolve("out/model.json")));
  }

  @Test
  void aMissingModelIsNamed() {
    Path missing = folder.resolve("missing");
    CheckpointNotFoundException failure =
        assertThrows(
            CheckpointNotFoundException.class,
            () -> QuantizeFromSafeTensors.quantize(missing, folder.resolve("out")));
    assertTrue(failure.getMessage().contains("missing"), failure.getMessage());
  }

  private static void write(Path file) {
    Random random = new Random(1);
    ByteBuffer weights = ByteBuffer.allocate(64 * 256 * 4).order(ByteOrder.LITTLE_ENDIAN);
    while (weights.hasRemaining()) {
      weights.putFloat((float) (0.02 * random.nextGaussian()));
    }
    List<Entry> entries = List.of(new Entry("proj.weight", DType.F32, List.of(64L, 256L)));
    try (SafeTensorsWriter writer = SafeTensorsWriter.create(file, Map.of(), entries)) {
      writer.write(weights.flip());
    }
  }
}
