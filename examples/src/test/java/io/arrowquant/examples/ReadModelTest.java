package io.arrowquant.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.arrow.safetensors.SafeTensorsWriter;
import io.arrowquant.arrow.safetensors.SafeTensorsWriter.Entry;
import io.arrowquant.core.safetensors.DType;
import io.arrowquant.quantize.ArrowQuantV2;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReadModelTest {

  private static final String TENSOR = "proj.weight";

  @TempDir Path folder;

  @Test
  void everyWayToTheWeightsWorks() throws IOException {
    Path source = folder.resolve("model.safetensors");
    Path model = folder.resolve("out");
    float first = write(source);
    new ArrowQuantV2().quantizeFromSafeTensors(source, model, 8);

    assertTrue(ReadModel.layers(model).startsWith(TENSOR + ": int8, "));
    assertEquals(64 * 256, ReadModel.packedBytes(model, TENSOR));
    float[] row = ReadModel.weights(model, TENSOR);
    assertEquals(256, row.length);
    assertEquals(first, row[0], 0.001);
    assertEquals(64, ReadModel.arrowFile(model, TENSOR, folder.resolve("out.arrow")));
    assertEquals(TENSOR + "\n", ReadModel.worst(model));
    assertEquals(256, ReadModel.columnsOfSource(source, TENSOR));
    Path restored = folder.resolve("restored");
    assertEquals(1, ReadModel.restored(model, restored));
    assertEquals("", ReadModel.distances(model, restored));
    assertTrue(ReadModel.distances(source, model).matches(TENSOR + ": [45]\\d\\.\\d+ dB\n"));
    assertTrue(ReadModel.resumed(source, folder.resolve("resumed")) > 64 * 256 / 8);
    assertEquals("", ReadModel.problems(model));
    Path layers = model.resolve("layers.parquet");
    Files.write(layers, new byte[] {0}, StandardOpenOption.APPEND);
    assertTrue(ReadModel.problems(model).contains("layers.parquet"));
    ReadModel.cancel(source, folder.resolve("cancelled"));
  }

  @Test
  void thePageShowsCodeThatIsHere() throws IOException {
    String page = Files.readString(Path.of("..", "docs", "library.md"));
    String code =
        Files.readString(Path.of("src/main/java/io/arrowquant/examples/ReadModel.java"))
            .replaceAll("\\s+", " ");
    Matcher blocks = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL).matcher(page);
    int found = 0;
    for (; blocks.find(); found++) {
      assertTrue(code.contains(blocks.group(1).strip().replaceAll("\\s+", " ")), blocks.group(1));
    }
    assertTrue(found >= 5, "blocks: " + found);
  }

  private static float write(Path file) {
    Random random = new Random(1);
    ByteBuffer weights = ByteBuffer.allocate(64 * 256 * 4).order(ByteOrder.LITTLE_ENDIAN);
    while (weights.hasRemaining()) {
      weights.putFloat((float) (0.02 * random.nextGaussian()));
    }
    List<Entry> entries = List.of(new Entry(TENSOR, DType.F32, List.of(64L, 256L)));
    try (SafeTensorsWriter writer = SafeTensorsWriter.create(file, Map.of(), entries)) {
      writer.write(weights.flip());
    }
    return weights.getFloat(0);
  }
}
