package io.arrowquant.quantize.multiply;

import io.arrowquant.arrow.parquet.PageLayout;
import io.arrowquant.arrow.parquet.PieceCursor;
import io.arrowquant.arrow.parquet.RowRun;
import io.arrowquant.arrow.parquet.reader.StoredRowGroup;
import java.nio.ByteOrder;
import java.nio.IntBuffer;
import java.util.ArrayList;
import java.util.List;
import org.apache.arrow.memory.ArrowBuf;

/**
 * Rows, or pieces of rows, of equal width that lie one after the other in a page.
 *
 * @param page the page's packed codes, borrowed
 * @param ints the same, as far as they fill whole integers
 * @param firstCode index in the page of the first code
 * @param firstRow row of the matrix
 * @param rowCount how many
 * @param firstColumn column of the matrix
 * @param columns of each row
 * @param rowGroup holds scales and zero points
 * @param firstGroup index into these of the first row's first scale group
 */
record Strip(
    ArrowBuf page,
    IntBuffer ints,
    int firstCode,
    long firstRow,
    int rowCount,
    long firstColumn,
    int columns,
    int groupSize,
    StoredRowGroup rowGroup,
    int firstGroup) {

  int groupsPerRow() {
    return (columns + groupSize - 1) / groupSize;
  }

  boolean fits(LaneShape shape) {
    return shape.fits(firstCode, columns, groupSize);
  }

  /** The strips of a run of a row group. */
  static List<Strip> of(StoredRowGroup rows, int wanted) {
    List<Strip> strips = new ArrayList<>();
    List<PageLayout.Page> pages = rows.layout().pages();
    for (int p = 0; p < pages.size(); p++) {
      ArrowBuf packed = rows.codes(p);
      IntBuffer ints =
          packed
              .nioBuffer(0, Math.toIntExact(packed.capacity()))
              .order(ByteOrder.LITTLE_ENDIAN)
              .asIntBuffer();
      int[] code = {0};
      PieceCursor.walk(
          rows.layout(),
          pages.get(p),
          (r, run, piece, columns) -> {
            if (r == wanted) {
              add(strips, rows, run, r, piece, columns, packed, ints, code[0]);
            }
            code[0] += columns;
          });
    }
    return strips;
  }

  private static void add(
      List<Strip> strips,
      StoredRowGroup rows,
      RowRun run,
      int runIndex,
      int piece,
      int columns,
      ArrowBuf packed,
      IntBuffer ints,
      int firstCode) {
    int perRow = run.piecesPerRow();
    Strip last = strips.isEmpty() ? null : strips.get(strips.size() - 1);
    if (perRow == 1 && last != null && last.page == packed) {
      strips.set(strips.size() - 1, last.withNextRow());
      return;
    }
    long column = run.columnOfPiece(piece % perRow);
    int row = piece / perRow;
    strips.add(
        new Strip(
            packed,
            ints,
            firstCode,
            run.firstRow() + row,
            1,
            column,
            columns,
            run.groupSize(),
            rows,
            rows.firstGroup(runIndex)
                + row * run.groupsPerRow()
                + (int) ((column - run.firstColumn()) / run.groupSize())));
  }

  private Strip withNextRow() {
    return new Strip(
        page,
        ints,
        firstCode,
        firstRow,
        rowCount + 1,
        firstColumn,
        columns,
        groupSize,
        rowGroup,
        firstGroup);
  }
}
