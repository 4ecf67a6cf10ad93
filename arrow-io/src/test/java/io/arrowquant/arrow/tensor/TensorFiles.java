package io.arrowquant.arrow.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.arrowquant.arrow.safetensors.SafeTensorsWriter;
import io.arrowquant.arrow.safetensors.SafeTensorsWriter.Entry;
import io.arrowquant.core.safetensors.DType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.arrow.vector.BaseFixedWidthVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.UInt1Vector;

/** SafeTensors files of known elements. */
final class TensorFiles {

  private TensorFiles() {}

  /** F32 tensors whose elements count up through the file's data. */
  static Path floats(Path folder, Map<String, List<Long>> shapes) {
    Path file = folder.resolve("floats.safetensors");
    List<Entry> entries =
        shapes.entrySet().stream()
            .map(each -> new Entry(each.getKey(), DType.F32, each.getValue()))
            .toList();
    try (SafeTensorsWriter writer = SafeTensorsWriter.create(file, Map.of(), entries)) {
      float next = 0;
      while (writer.current().isPresent()) {
        int size = (int) writer.current().get().byteSize();
        ByteBuffer bytes = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
        while (bytes.hasRemaining()) {
          bytes.putFloat(next++);
        }
        writer.write(bytes.flip());
      }
    }
    return file;
  }

  /** A file with one tensor whose data starts {@code padding} bytes after a multiple of 8. */
  static Path misaligned(Path folder, DType dtype, List<Long> shape, byte[] data, int padding)
      throws IOException {
    String header =
        "{\"t\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":[0,%d]}}"
            .formatted(dtype, shape, data.length);
    int length = (header.length() + 7) / 8 * 8 + padding;
    ByteBuffer bytes = ByteBuffer.allocate(8 + length + data.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putLong(length).put(header.getBytes(StandardCharsets.US_ASCII));
    bytes.put(" ".repeat(length - header.length()).getBytes(StandardCharsets.US_ASCII));
    bytes.put(data);
    return Files.write(folder.resolve("misaligned.safetensors"), bytes.array());
  }

  static int width(FieldVector vector) {
    return ((BaseFixedWidthVector) vector).getTypeWidth();
  }

  static void assertBytes(byte[] expected, FieldVector vector) {
    assertEquals(expected.length, vector.getValueCount() * width(vector));
    for (int i = 0; i < expected.length; i++) {
      assertEquals(expected[i], vector.getDataBuffer().getByte(i));
    }
    if (vector instanceof UInt1Vector bytes && bytes.getValueCount() > 0) {
      assertFalse(bytes.isNull(bytes.getValueCount() - 1));
    }
  }
}
