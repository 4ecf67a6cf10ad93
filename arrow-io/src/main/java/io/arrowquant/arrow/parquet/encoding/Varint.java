package io.arrowquant.arrow.parquet.encoding;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;

/**
 * Unsigned numbers of seven bits a byte, the lowest first, the top bit saying that more follow: as
 * Parquet's runs, Thrift and Protocol Buffers have them.
 */
public final class Varint {

  private Varint() {}

  public static void write(ByteArrayOutputStream out, int value) {
    int rest = value;
    while ((rest & ~0x7f) != 0) {
      out.write(rest & 0x7f | 0x80);
      rest >>>= 7;
    }
    out.write(rest);
  }

  /** Bytes that {@link #write} takes. */
  static int size(int value) {
    return value == 0 ? 1 : (38 - Integer.numberOfLeadingZeros(value)) / 7;
  }

  /**
   * Reads a number from the buffer's position on.
   *
   * @throws IllegalArgumentException if it has no end in the buffer, or more than 64 bits
   */
  public static long read(ByteBuffer from) {
    long value = 0;
    for (int shift = 0; shift < Long.SIZE && from.hasRemaining(); shift += 7) {
      byte b = from.get();
      value |= (long) (b & 0x7f) << shift;
      if (b >= 0) {
        return value;
      }
    }
    throw new IllegalArgumentException("a number has no end");
  }
}
