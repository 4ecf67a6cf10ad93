package io.arrowquant.cli.crash;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Models of gigabytes that take no room on the disk: F32 weights that are all zero. */
final class SparseModel {

  private SparseModel() {}

  /** A file of so many matrices of one shape. */
  static Path write(Path file, int tensors, long rows, long columns) throws IOException {
    long bytes = rows * columns * Float.BYTES;
    byte[] header =
        IntStream.range(0, tensors)
            .mapToObj(
                i ->
                    "\"blocks.%d.weight\":{\"dtype\":\"F32\",\"shape\":[%d,%d],\"data_offsets\":[%d,%d]}"
                        .formatted(i, rows, columns, i * bytes, (i + 1) * bytes))
            .collect(Collectors.joining(",", "{", "}"))
            .getBytes(StandardCharsets.UTF_8);
    try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
      out.write(
          ByteBuffer.allocate(Long.BYTES)
              .order(ByteOrder.LITTLE_ENDIAN)
              .putLong(header.length)
              .array());
      out.write(header);
      out.setLength(Long.BYTES + header.length + tensors * bytes);
    }
    return file;
  }
}
