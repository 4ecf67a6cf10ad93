package io.arrowquant.arrow.parquet.reader;

import io.arrowquant.arrow.parquet.PageLayout;
import io.arrowquant.arrow.parquet.encoding.Varint;
import java.nio.ByteBuffer;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.format.Encoding;

/**
 * Holds the counts that encoded levels and values claim against their page, before parquet-java's
 * decoders allocate by them: a bit-packed run, or a delta page, of a few bytes may claim billions.
 */
final class RunLimits {

  private static final int MAX_DELTA_BLOCK = 1 << 16;

  /** Groups of indices of no bits in a run; writers put 63 of any width in one. */
  private static final int MAX_EMPTY_GROUPS = 1 << 10;

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
        long block = Varint.read(rest);
        long miniBlocks = Varint.read(rest);
        if (block > MAX_DELTA_BLOCK
            || miniBlocks > block
            || count > PageLayout.MAX_PAGE_VALUES
            || Varint.read(rest) != count) {
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
      long header = Varint.read(runs);
      // parquet-java drops what is beyond 32 bits, and would see another run.
      if (header > Integer.MAX_VALUE) {
        throw new IllegalArgumentException("a run is longer than its page");
      }
      long values = header >>> 1;
      long length = (width + 7L) / 8;
      if ((header & 1) != 0) {
        // What the page claims to hold is a claim too: the bytes must be there.
        if (values > (left + 7) / 8
            || values * width > runs.remaining()
            || width == 0 && values > MAX_EMPTY_GROUPS) {
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
}
