package io.arrowquant.arrow.parquet;

import java.util.ArrayList;
import java.util.List;

/**
 * How the rows of one row group fall into pages. Pure geometry, the same for whoever quantizes,
 * writes or reads: a page holds whole pieces of rows, at most {@link #MAX_PAGE_VALUES} values, and
 * its packed codes begin at a byte of their own.
 *
 * @param runs the row group's rows in order
 * @param pages the pages in order
 */
public record PageLayout(List<RowRun> runs, List<Page> pages) {

  /** Weights, and rows, that a page holds at most. */
  public static final int MAX_PAGE_VALUES = 1 << 20;

  /** No writer makes larger row groups, and no reader takes them. */
  public static final int MAX_ROW_GROUP_VALUES = 1 << 24;

  /**
   * One page.
   *
   * @param run index into the runs of its first piece
   * @param piece index of its first piece among the pieces of that run (row-major)
   * @param pieces how many pieces it holds; they may reach into later runs
   * @param values weights in it
   * @param groups scale groups in it
   * @param firstValue weights of the row group before it
   * @param firstGroup scale groups of the row group before it
   */
  public record Page(
      int run, int piece, int pieces, int values, int groups, long firstValue, long firstGroup) {

    /** Bytes of the packed codes: whole groups of eight codes. */
    public int packedBytes(int bits) {
      return (values + 7) / 8 * bits;
    }
  }

  /**
   * Where the pages of a row group begin.
   *
   * @param runs its rows, in order
   */
  public static PageLayout of(List<RowRun> runs) {
    List<Page> pages = new ArrayList<>();
    int startRun = 0;
    int startPiece = 0;
    int pieces = 0;
    int values = 0;
    int groups = 0;
    long valuesBefore = 0;
    long groupsBefore = 0;
    for (int r = 0; r < runs.size(); r++) {
      RowRun run = runs.get(r);
      int perRow = run.piecesPerRow();
      int total = Math.multiplyExact(run.rowCount(), perRow);
      for (int p = 0; p < total; p++) {
        int columns = run.columnsOfPiece(p % perRow);
        // An empty list costs a level too, so it counts as one value towards the page's limit.
        if (pieces > 0 && (values + columns > MAX_PAGE_VALUES || pieces >= MAX_PAGE_VALUES)) {
          pages.add(
              new Page(startRun, startPiece, pieces, values, groups, valuesBefore, groupsBefore));
          valuesBefore += values;
          groupsBefore += groups;
          startRun = r;
          startPiece = p;
          pieces = 0;
          values = 0;
          groups = 0;
        }
        pieces++;
        values += columns;
        groups += run.groupSize() == 0 ? 0 : (columns + run.groupSize() - 1) / run.groupSize();
      }
    }
    if (pieces > 0) {
      pages.add(new Page(startRun, startPiece, pieces, values, groups, valuesBefore, groupsBefore));
    }
    return new PageLayout(List.copyOf(runs), List.copyOf(pages));
  }

  /** Weights in the row group. */
  public long values() {
    return pages.isEmpty()
        ? 0
        : pages.get(pages.size() - 1).firstValue() + pages.get(pages.size() - 1).values();
  }

  /** Scale groups in the row group. */
  public long groups() {
    return pages.isEmpty()
        ? 0
        : pages.get(pages.size() - 1).firstGroup() + pages.get(pages.size() - 1).groups();
  }

  /** Index of the page that holds a weight of the row group, counted from 0. */
  public int pageOf(long weight) {
    int page = pages.size() - 1;
    while (page > 0 && pages.get(page).firstValue() > weight) {
      page--;
    }
    return page;
  }

  /** Bytes of all pages' packed codes. */
  public long packedBytes(int bits) {
    long bytes = 0;
    for (Page page : pages) {
      bytes += page.packedBytes(bits);
    }
    return bytes;
  }
}
