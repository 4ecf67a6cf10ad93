package io.arrowquant.arrow.parquet.reader;

import io.arrowquant.arrow.parquet.encoding.Varint;
import java.nio.ByteBuffer;

/**
 * Walks a Thrift structure in the compact protocol and holds every claimed size against the bytes
 * that are there. The Thrift library allocates lists and strings by their claimed size before it
 * reads them, up to gigabytes, and follows any nesting; after this walk it may.
 *
 * @see <a href="https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md">
 *     Thrift compact protocol</a>
 */
final class CompactThrift {

  /** Parquet's own structures nest less than ten deep. */
  private static final int MAX_DEPTH = 32;

  private static final int BOOLEAN_TRUE = 1;
  private static final int BOOLEAN_FALSE = 2;
  private static final int BYTE = 3;
  private static final int I16 = 4;
  private static final int I32 = 5;
  private static final int I64 = 6;
  private static final int DOUBLE = 7;
  private static final int BINARY = 8;
  private static final int LIST = 9;
  private static final int SET = 10;
  private static final int MAP = 11;
  private static final int STRUCT = 12;

  private final ByteBuffer bytes;

  private CompactThrift(ByteBuffer bytes) {
    this.bytes = bytes;
  }

  /**
   * Checks the structure at the start of the bytes.
   *
   * @throws IllegalArgumentException if it claims more than there is, or is none
   */
  static void check(ByteBuffer bytes) {
    new CompactThrift(bytes.duplicate()).struct(0);
  }

  private void struct(int depth) {
    if (depth > MAX_DEPTH) {
      throw new IllegalArgumentException("structures nest deeper than " + MAX_DEPTH);
    }
    for (int field = next(); field != 0; field = next()) {
      if ((field & 0xf0) == 0) {
        Varint.read(bytes);
      }
      int type = field & 0x0f;
      // A boolean field's value is its type.
      if (type != BOOLEAN_TRUE && type != BOOLEAN_FALSE) {
        value(type, depth);
      }
    }
  }

  private void value(int type, int depth) {
    switch (type) {
      case BOOLEAN_TRUE, BOOLEAN_FALSE, BYTE -> skip(1);
      case I16, I32, I64 -> Varint.read(bytes);
      case DOUBLE -> skip(8);
      case BINARY -> skip(Varint.read(bytes));
      case LIST, SET -> list(depth);
      case MAP -> map(depth);
      case STRUCT -> struct(depth + 1);
      default -> throw new IllegalArgumentException("there is no type " + type);
    }
  }

  private void list(int depth) {
    int head = next();
    long size = head >>> 4 == 15 ? Varint.read(bytes) : head >>> 4;
    elements(size, depth, head & 0x0f);
  }

  private void map(int depth) {
    long size = Varint.read(bytes);
    if (size != 0) {
      int types = next();
      elements(size, depth, types >>> 4, types & 0x0f);
    }
  }

  /** Every element takes a byte at least. */
  private void elements(long size, int depth, int... types) {
    if (size < 0 || size > bytes.remaining()) {
      throw new IllegalArgumentException(
          size + " elements are claimed where " + bytes.remaining() + " bytes are left");
    }
    if (depth >= MAX_DEPTH) {
      throw new IllegalArgumentException("structures nest deeper than " + MAX_DEPTH);
    }
    for (long i = 0; i < size; i++) {
      for (int type : types) {
        value(type, depth + 1);
      }
    }
  }

  private void skip(long length) {
    if (length < 0 || length > bytes.remaining()) {
      throw new IllegalArgumentException(
          length + " bytes are claimed where " + bytes.remaining() + " are left");
    }
    bytes.position(bytes.position() + (int) length);
  }

  private int next() {
    if (!bytes.hasRemaining()) {
      throw new IllegalArgumentException("the structure has no end");
    }
    return bytes.get() & 0xff;
  }
}
