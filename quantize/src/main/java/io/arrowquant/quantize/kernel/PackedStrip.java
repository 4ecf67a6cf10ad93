package io.arrowquant.quantize.kernel;

import io.arrowquant.arrow.parquet.PageLayout;
import io.arrowquant.arrow.parquet.PieceCursor;
import io.arrowquant.arrow.parquet.RowRun;
import io.arrowquant.arrow.parquet.reader.StoredRowGroup;
import java.nio.ByteOrder;
import java.nio.IntBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import org.apache.arrow.memory.ArrowBuf;

/**
 * Rows, or pieces of rows, of equal width whose codes lie one after the other in a page.
 *
 * @param page the page's packed unsigned codes, least significant bits first; borrowed
 * @param ints the same as little-endian integers, as far as they fill whole ones
 * @param bits of a code
 * @param firstCode index in the page of the first code
 * @param firstRow row of the matrix
 * @param rowCount how many
 * @param firstColumn column of the matrix
 * @param columns of each row
 * @param groupSize columns that share a scale
 * @param scales holds the scales of all groups in row order
 * @param zeroPoints their zero points
 * @param firstGroup index into both of the first row's first group
 */
public record PackedStrip(
    ArrowBuf page,
    IntBuffer ints,
    int bits,
    int firstCode,
    long firstRow,
    int rowCount,
    long firstColumn,
    int columns,
    int groupSize,
    float[] scales,
    float[] zeroPoints,
    int firstGroup) {

  public int groupsPerRow() {
    return (columns + groupSize - 1) / groupSize;
  }

  /** Scale groups of all rows. */
  public int groups() {
    return rowCount * groupsPerRow();
  }

  /** The strips of a run of a stored row group, in the order of its weights. */
  public static List<PackedStrip> of(StoredRowGroup rows, int run) {
    return of(
        rows.layout(),
        run,
        rows.bits(),
        rows::codes,
        rows.scales(),
        rows.zeroPoints(),
        rows.offsets().firstGroup(run));
  }

  /**
   * The strips of a run of any row group.
   *
   * @param pages the packed codes of each page of the layout
   * @param firstGroup index into {@code scales} of the run's first group
   */
  public static List<PackedStrip> of(
      PageLayout layout,
      int run,
      int bits,
      IntFunction<ArrowBuf> pages,
      float[] scales,
      float[] zeroPoints,
      int firstGroup) {
    List<PackedStrip> strips = new ArrayList<>();
    for (int p = 0; p < layout.pages().size(); p++) {
      ArrowBuf page = pages.apply(p);
      IntBuffer ints =
          page.nioBuffer(0, Math.toIntExact(page.capacity()))
              .order(ByteOrder.LITTLE_ENDIAN)
              .asIntBuffer();
      int[] code = {0};
      PieceCursor.walk(
          layout,
          layout.pages().get(p),
          (r, of, piece, columns) -> {
            if (r == run) {
              PackedStrip next =
                  at(of, piece, columns, page, ints, bits, code[0], scales, zeroPoints, firstGroup);
              append(strips, next, of.piecesPerRow() == 1);
            }
            code[0] += columns;
          });
    }
    return strips;
  }

  private static PackedStrip at(
      RowRun run,
      int piece,
      int columns,
      ArrowBuf page,
      IntBuffer ints,
      int bits,
      int firstCode,
      float[] scales,
      float[] zeroPoints,
      int firstGroup) {
    int row = piece / run.piecesPerRow();
    long column = run.columnOfPiece(piece % run.piecesPerRow());
    int group = row * run.groupsPerRow() + (int) ((column - run.firstColumn()) / run.groupSize());
    return new PackedStrip(
        page,
        ints,
        bits,
        firstCode,
        run.firstRow() + row,
        1,
        column,
        columns,
        run.groupSize(),
        scales,
        zeroPoints,
        firstGroup + group);
  }

  @SuppressWarnings("ReferenceEquality") // rows of one buffer; equal buffers would not do
  private static void append(List<PackedStrip> strips, PackedStrip next, boolean wholeRows) {
    int last = strips.size() - 1;
    if (wholeRows && last >= 0 && strips.get(last).page == next.page) {
      strips.set(last, strips.get(last).withNextRow());
    } else {
      strips.add(next);
    }
  }

  private PackedStrip withNextRow() {
    return new PackedStrip(
        page,
        ints,
        bits,
        firstCode,
        firstRow,
        rowCount + 1,
        firstColumn,
        columns,
        groupSize,
        scales,
        zeroPoints,
        firstGroup);
  }
}
