package io.arrowquant.arrow.parquet.reader;

import io.arrowquant.arrow.parquet.PageLayout;
import io.arrowquant.arrow.parquet.PieceCursor;
import io.arrowquant.arrow.parquet.encoding.HybridRuns;
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
    checkCount(chunk, layout);
    for (int p = 0; p < layout.pages().size(); p++) {
      StoredPage page = chunk.pages().get(p);
      DataPageHeaderV2 header = chunk.version2(page);
      ListLevels levels = levels(layout, p, elements);
      if (header.getNum_rows() != levels.rows()) {
        throw invalid(chunk, "has a page of " + header.getNum_rows() + " rows", levels.rows());
      }
      check(
          chunk,
          levels,
          header.getNum_values(),
          chunk.repetitionLevels(page),
          chunk.definitionLevels(page));
    }
  }

  /**
   * A page of the layout, of either version, its levels checked in the same way.
   *
   * @param p which page of the layout
   */
  static ListPage page(StoredChunk chunk, PageLayout layout, int p, Elements elements) {
    checkCount(chunk, layout);
    ListLevels levels = levels(layout, p, elements);
    int levelBytes = 8 + levels.repetitionLevels().length + levels.definitionLevels().length;
    ListPage page = chunk.listPage(chunk.pages().get(p), 16 + 4L * levels.values(), levelBytes);
    check(chunk, levels, page.values(), page.repetition(), page.definition());
    return page;
  }

  private static void checkCount(StoredChunk chunk, PageLayout layout) {
    if (chunk.pages().size() != layout.pages().size()) {
      throw invalid(chunk, "has " + chunk.pages().size() + " pages", layout.pages().size());
    }
  }

  private static ListLevels levels(PageLayout layout, int p, Elements elements) {
    ListLevels levels = new ListLevels();
    PieceCursor.walk(
        layout,
        layout.pages().get(p),
        (runIndex, run, piece, columns) ->
            levels.addRow(
                elements == Elements.WEIGHTS
                    ? columns
                    : (columns + run.groupSize() - 1) / run.groupSize()));
    return levels;
  }

  private static void check(
      StoredChunk chunk, ListLevels expected, int values, byte[] repetition, byte[] definition) {
    if (values != expected.values()) {
      throw invalid(chunk, "has a page of " + values + " values", expected.values());
    }
    if (!Arrays.equals(repetition, expected.repetitionLevels())
        || !Arrays.equals(definition, expected.definitionLevels())) {
      throw new InvalidModelException(
          chunk.where() + " has lists of other lengths than its layers' rows.");
    }
  }

  /**
   * Moves a dictionary-encoded page's body past its head, to the packed indices.
   *
   * @return bits per index
   */
  static int skipHead(StoredChunk chunk, ByteBuffer body, int values) {
    int width = body.hasRemaining() ? body.get(body.position()) : 0;
    byte[] head = HybridRuns.packedHead(width, values);
    long packed = (values + 7L) / 8 * width;
    if (width < 1
        || width > 16
        || body.remaining() != head.length + packed
        || !body.slice(body.position(), head.length).equals(ByteBuffer.wrap(head))) {
      throw new InvalidModelException(
          chunk.where() + " has indices that are not one bit-packed run.");
    }
    body.position(body.position() + head.length);
    return width;
  }

  private static InvalidModelException invalid(StoredChunk chunk, String found, int expected) {
    return new InvalidModelException(
        chunk.where() + " " + found + "; its rows ask for " + expected + ".");
  }
}
