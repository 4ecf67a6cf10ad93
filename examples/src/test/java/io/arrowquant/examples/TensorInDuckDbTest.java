package io.arrowquant.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.arrowquant.arrow.safetensors.SafeTensorsWriter;
import io.arrowquant.arrow.safetensors.SafeTensorsWriter.Entry;
import io.arrowquant.core.safetensors.DType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TensorInDuckDbTest {

  @TempDir Path folder;

  @Test
  void findsTheLargestWeight() throws SQLException {
    Path file = folder.resolve("model.safetensors");
    List<Entry> entries = List.of(new Entry("w", DType.F32, List.of(5L, 3L)));
    ByteBuffer weights = ByteBuffer.allocate(5 * 3 * 4).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < 15; i++) {
      weights.putFloat(i == 10 ? 7.5f : -i);
    }
    try (SafeTensorsWriter writer = SafeTensorsWriter.create(file, Map.of(), entries)) {
      writer.write(weights.flip());
    }
    assertEquals("row 3 has 7.5", TensorInDuckDb.largest(file, "w"));
  }
}
