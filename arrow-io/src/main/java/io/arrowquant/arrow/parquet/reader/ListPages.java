package io.arrowquant.arrow.parquet.reader;

import io.arrowquant.arrow.parquet.PageLayout;
import io.arrowquant.arrow.parquet.PieceCursor;
import io.arrowquant.arrow.parquet.encoding.ListLevels;
import io.arrowquant.core.InvalidModelException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.apache.parquet.format.DataPageHeaderV2;

/** Checks that the pages of a list column hold exactly the lists that the layout says. */
final class ListPages {

  /** How many list elements a piece of a row has in this column. */
  enum Elements {
    WEIGHTS,
    GROUPS
  }

  private ListPages() {}

  /** Levels are a function of the layout, so they must be, byte for byte, what we would write. */
  static void check(StoredChunk chunk, PageLayout layout, Elements elements) {
    if (chunk.pages().size() != layout.pages().size()) {
      throw invalid(chunk, "has " + chunk.pages().size() + " pages", layout.pages().size());
    }
    for (int p = 0; p < layout.pages().size(); p++) {
      StoredPage page = chunk.pages().get(p);
      DataPageHeaderV2 header = chunk.version2(page);
      ListLevels levels = new ListLevels();
      PieceCursor.walk(
          layout,
          layout.pages().get(p),
          (runIndex, run, piece, columns) ->
              levels.addRow(
                  elements == Elements.WEIGHTS
                      ? columns
                      : (columns + run.groupSize() - 1) / run.groupSize()));
      if (header.getNum_values() != levels.values() || header.getNum_rows() != levels.rows()) {
        throw invalid(
            chunk, "has a page of " + header.getNum_values() + " values", levels.values());
      }
      if (!Arrays.equals(chunk.repetitionLevels(page), levels.repetitionLevels())
          || !Arrays.equals(chunk.definitionLevels(page), levels.definitionLevels())) {
        throw new InvalidModelException(
            chunk.where() + " has lists of other lengths than its layers' rows.");
      }
    }
  }

  /**
   * Moves a dictionary-encoded page's body past its head, to the packed indices.
   *
   * @return bits per index
   */
  static int skipHead(StoredChunk chunk, ByteBuffer body, int values) {
    int width = body.hasRemaining() ? body.get() : 0;
    long header = 0;
    for (int shift = 0; shift < 35; shift += 7) {
      if (!body.hasRemaining()) {
        break;
      }
      byte b = body.get();
      header |= (long) (b & 0x7f) << shift;
      if (b >= 0) {
        break;
      }
    }
    long groups = (values + 7L) / 8;
    if (width < 1
        || width > 16
        || header != (groups << 1 | 1)
        || body.remaining() != groups * width) {
      throw new InvalidModelException(
          chunk.where() + " has indices that are not one bit-packed run.");
    }
    return width;
  }

  private static InvalidModelException invalid(StoredChunk chunk, String found, int expected) {
    return new InvalidModelException(
        chunk.where() + " " + found + "; its rows ask for " + expected + ".");
  }
}
