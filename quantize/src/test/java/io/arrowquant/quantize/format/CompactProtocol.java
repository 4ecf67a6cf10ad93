package io.arrowquant.quantize.format;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Thrift's compact protocol, as {@code docs/format.md} has it: a structure is a map by number. */
final class CompactProtocol {

  private CompactProtocol() {}

  /** Reads a structure and leaves the position behind it. */
  static Map<Integer, Object> struct(ByteBuffer in) {
    Map<Integer, Object> fields = new HashMap<>();
    int number = 0;
    for (int head = in.get() & 0xff; head != 0; head = in.get() & 0xff) {
      number = head >> 4 == 0 ? (int) zigzag(in) : number + (head >> 4);
      fields.put(number, value(in, head & 15));
    }
    return fields;
  }

  private static Object value(ByteBuffer in, int type) {
    return switch (type) {
      case 1 -> true;
      case 2 -> false;
      case 3 -> (long) in.get();
      case 4, 5, 6 -> zigzag(in);
      case 7 -> in.getDouble();
      case 8 -> {
        byte[] bytes = new byte[(int) varint(in)];
        in.get(bytes);
        yield bytes;
      }
      case 9 -> {
        int head = in.get() & 0xff;
        long size = head >> 4 == 15 ? varint(in) : head >> 4;
        List<Object> list = new ArrayList<>();
        for (long i = 0; i < size; i++) {
          list.add(value(in, head & 15));
        }
        yield list;
      }
      case 12 -> struct(in);
      default -> throw new IllegalArgumentException("type " + type);
    };
  }

  static long zigzag(ByteBuffer in) {
    long value = varint(in);
    return value >>> 1 ^ -(value & 1);
  }

  static long varint(ByteBuffer in) {
    long value = 0;
    for (int shift = 0; ; shift += 7) {
      byte b = in.get();
      value |= (long) (b & 0x7f) << shift;
      if (b >= 0) {
        return value;
      }
    }
  }
}
