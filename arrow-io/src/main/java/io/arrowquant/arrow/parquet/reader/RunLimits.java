package io.arrowquant.arrow.parquet.reader;

import java.nio.ByteBuffer;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.format.Encoding;

/**
 * Holds the counts that encoded levels and values claim against their page, before parquet-java's
 * decoders allocate by them: a bit-packed run, or a delta page, of a few bytes may claim billions.
 */
final class RunLimits {

  private static final int MAX_DELTA_BLOCK = 1 << 16;

  private RunLimits() {}

  /** Levels of a page of version 2. */
  static void checkLevels(byte[] levels, int maxLevel, int count) {
    runs(ByteBuffer.wrap(levels), widthOf(maxLevel), count);
  }

  /** A page of version 1: levels that begin with their length, then values. */
  static void checkPage(
      ByteBuffer page, ColumnDescriptor column, Encoding encoding, int valueCount) {
    ByteBuffer rest = page.duplicate().order(page.order());
    for (int maxLevel :
        new int[] {column.getMaxRepetitionLevel(), column.getMaxDefinitionLevel()}) {
      if (maxLevel > 0) {
        int length = rest.getInt();
        if (length < 0 || length > rest.remaining()) {
          throw new IllegalArgumentException("levels are longer than their page");
        }
        runs(rest.slice(rest.position(), length), widthOf(maxLevel), valueCount);
        rest.position(rest.position() + length);
      }
    }
    checkValues(rest, encoding, valueCount);
  }

  /** The values of a page, of the encodings that the format uses for small columns. */
  static void checkValues(ByteBuffer values, Encoding encoding, int count) {
    ByteBuffer rest = values.duplicate();
    switch (encoding) {
      case PLAIN -> {}
      case PLAIN_DICTIONARY, RLE_DICTIONARY -> {
        if (rest.hasRemaining()) {
          runs(rest, rest.get(), count);
        }
      }
      case DELTA_BINARY_PACKED -> {
        long block = varint(rest);
        long miniBlocks = varint(rest);
        if (block > MAX_DELTA_BLOCK || miniBlocks > block || varint(rest) != count) {
          throw new IllegalArgumentException("deltas are of another number than their page's");
        }
      }
      default -> throw new IllegalArgumentException("values are encoded as " + encoding);
    }
  }

  private static void runs(ByteBuffer runs, int width, int count) {
    if (width < 0 || width > 32) {
      throw new IllegalArgumentException("indices are " + width + " bits wide");
    }
    for (long left = count; left > 0 && runs.hasRemaining(); ) {
      long header = varint(runs);
      long values = header >>> 1;
      long length = (width + 7L) / 8;
      if ((header & 1) != 0) {
        if (values > (left + 7) / 8) {
          throw new IllegalArgumentException("a run is longer than its page");
        }
        length = values * width;
        values *= 8;
      }
      left -= values;
      runs.position((int) Math.min(runs.limit(), runs.position() + length));
    }
  }

  private static int widthOf(int maxLevel) {
    return 32 - Integer.numberOfLeadingZeros(maxLevel);
  }

  private static long varint(ByteBuffer from) {
    long value = 0;
    for (int shift = 0; shift < 35 && from.hasRemaining(); shift += 7) {
      byte b = from.get();
      value |= (long) (b & 0x7f) << shift;
      if (b >= 0) {
        return value;
      }
    }
    throw new IllegalArgumentException("a count has no end");
  }
}
