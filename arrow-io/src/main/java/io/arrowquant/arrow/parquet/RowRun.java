package io.arrowquant.arrow.parquet;

/**
 * Consecutive rows of one tensor's matrix inside one row group.
 *
 * @param layerId joins {@code layers}
 * @param layerName the tensor's name
 * @param firstRow first row of the matrix in this run
 * @param rowCount rows in this run, at least 1
 * @param columns weights in a row; 0 for an empty tensor
 * @param groupSize columns that share a scale; 0 for a kept tensor
 */
public record RowRun(
    int layerId, String layerName, long firstRow, int rowCount, int columns, int groupSize) {

  /** Rows wider than this are cut into pieces: wider lists cost Spark and DuckDB gigabytes. */
  public static final int MAX_PIECE = 1 << 16;

  public RowRun {
    if (rowCount < 1 || columns < 0 || groupSize < 0 || firstRow < 0) {
      throw new IllegalArgumentException("no such run of rows: " + layerName);
    }
  }

  /** Columns of every piece of a row but the last: a multiple of lcm(8, group size). */
  public int pieceColumns() {
    if (columns <= MAX_PIECE) {
      return columns;
    }
    int unit = groupSize == 0 ? 8 : lcm8(groupSize);
    return Math.max(unit, MAX_PIECE / unit * unit);
  }

  /** Pieces that a row is cut into; 1 unless it is wider than {@link #MAX_PIECE}. */
  public int piecesPerRow() {
    int piece = pieceColumns();
    return piece == 0 ? 1 : (columns + piece - 1) / piece;
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

  public long weights() {
    return (long) rowCount * columns;
  }

  private static int lcm8(int n) {
    return (n & 7) == 0 ? n : (n & 3) == 0 ? n * 2 : (n & 1) == 0 ? n * 4 : n * 8;
  }
}
