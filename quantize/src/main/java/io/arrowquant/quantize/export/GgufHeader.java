package io.arrowquant.quantize.export;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * What stands before the tensors' bytes: magic, version 3, key-value pairs, and name, dimensions,
 * type and offset of each tensor; all little-endian.
 */
final class GgufHeader {

  /** Tensors begin at multiples of this. */
  static final int ALIGNMENT = 32;

  private static final int VERSION = 3;
  private static final int UINT32 = 4;
  private static final int INT32 = 5;
  private static final int STRING = 8;
  private static final int ARRAY = 9;

  private final ByteArrayOutputStream pairs = new ByteArrayOutputStream();
  private final ByteArrayOutputStream infos = new ByteArrayOutputStream();
  private int pairCount;
  private int tensorCount;
  private long offset;

  void put(String key, String value) {
    key(key, STRING);
    string(pairs, value);
  }

  void put(String key, int value) {
    key(key, UINT32);
    int32(pairs, value);
  }

  void put(String key, List<Long> values) {
    key(key, ARRAY);
    int32(pairs, INT32);
    int64(pairs, values.size());
    values.forEach(value -> int32(pairs, Math.toIntExact(value)));
  }

  private void key(String key, int type) {
    string(pairs, key);
    int32(pairs, type);
    pairCount++;
  }

  /**
   * A tensor, whose bytes come after those of the one before.
   *
   * @param shape outermost first, as everywhere but in the file
   */
  void tensor(String name, List<Long> shape, GgufType type, long bytes) {
    string(infos, name);
    int32(infos, shape.size());
    for (int d = shape.size() - 1; d >= 0; d--) {
      int64(infos, shape.get(d));
    }
    int32(infos, type.number());
    int64(infos, offset);
    offset += aligned(bytes);
    tensorCount++;
  }

  static long aligned(long bytes) {
    return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }

  byte[] bytes() {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.writeBytes("GGUF".getBytes(StandardCharsets.US_ASCII));
    int32(all, VERSION);
    int64(all, tensorCount);
    int64(all, pairCount);
    all.writeBytes(pairs.toByteArray());
    all.writeBytes(infos.toByteArray());
    all.writeBytes(new byte[(int) (aligned(all.size()) - all.size())]);
    return all.toByteArray();
  }

  private static void string(ByteArrayOutputStream out, String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    int64(out, utf8.length);
    out.writeBytes(utf8);
  }

  private static void int32(ByteArrayOutputStream out, int value) {
    out.writeBytes(little(Integer.BYTES).putInt(value).array());
  }

  private static void int64(ByteArrayOutputStream out, long value) {
    out.writeBytes(little(Long.BYTES).putLong(value).array());
  }

  private static ByteBuffer little(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
