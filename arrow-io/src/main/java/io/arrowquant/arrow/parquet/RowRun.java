package io.arrowquant.arrow.parquet;

import io.arrowquant.arrow.tensor.RowBatch;

/**
 * Consecutive rows of one tensor's matrix inside one row group.
 *
 * @param layerId joins {@code layers}
 * @param layerName the tensor's name
 * @param firstRow first row of the matrix in this run
 * @param firstColumn first column of this run: 0 unless a row is so wide that it is spread over row
 *     groups, when the run is a part of one row
 * @param rowCount rows in this run, at least 1
 * @param columns weights of a row in this run, at least 1
 * @param groupSize columns that share a scale; 0 for a kept tensor
 */
public record RowRun(
    int layerId,
    String layerName,
    long firstRow,
    long firstColumn,
    int rowCount,
    int columns,
    int groupSize) {

  /** Rows wider than this are cut into pieces, as all that readers get are. */
  public static final int MAX_PIECE = RowBatch.MAX_PIECE;

  /** Rows wider than this are spread over several row groups, a run of one row in each. */
  public static final int MAX_COLUMNS = 1 << 22;

  public RowRun {
    if (rowCount < 1
        || columns < 1
        || groupSize < 0
        || firstRow < 0
        || firstColumn < 0
        || firstColumn > 0 && rowCount > 1) {
      throw new IllegalArgumentException("no such run of rows: " + layerName);
    }
  }

  /** Whole rows. */
  public RowRun(
      int layerId, String layerName, long firstRow, int rowCount, int columns, int groupSize) {
    this(layerId, layerName, firstRow, 0, rowCount, columns, groupSize);
  }

  /**
   * Columns of a run that begins at a column of a row: all that are left, or of a row wider than
   * {@link #MAX_COLUMNS} a fixed number of whole pieces.
   */
  public static int columnsFrom(long firstColumn, long rowColumns, int groupSize) {
    long left = rowColumns - firstColumn;
    if (rowColumns <= MAX_COLUMNS) {
      return (int) left;
    }
    int piece = widestPiece(groupSize);
    return (int) Math.min(left, (long) MAX_COLUMNS / piece * piece);
  }

  /** Columns of every piece of a row but the last: a multiple of lcm(8, group size). */
  public int pieceColumns() {
    return columns <= MAX_PIECE ? columns : widestPiece(groupSize);
  }

  private static int widestPiece(int groupSize) {
    int unit = groupSize == 0 ? 8 : lcm8(groupSize);
    return Math.max(unit, MAX_PIECE / unit * unit);
  }

  /** Pieces that a row is cut into; 1 unless it is wider than {@link #MAX_PIECE}. */
  public int piecesPerRow() {
    int piece = pieceColumns();
    return (columns + piece - 1) / piece;
  }

  /** First column of piece {@code index} of a row. */
  public long columnOfPiece(int index) {
    return firstColumn + (long) index * pieceColumns();
  }

  /** Columns of piece {@code index} of a row. */
  public int columnsOfPiece(int index) {
    int piece = pieceColumns();
    return Math.min(piece, columns - index * piece);
  }

  /** Scale groups of a row: the last may be short. */
  public int groupsPerRow() {
    return groupSize == 0 ? 0 : (columns + groupSize - 1) / groupSize;
  }

  /** Weights of all its rows. */
  public long weights() {
    return (long) rowCount * columns;
  }

  private static int lcm8(int n) {
    return (n & 7) == 0 ? n : (n & 3) == 0 ? n * 2 : (n & 1) == 0 ? n * 4 : n * 8;
  }
}
