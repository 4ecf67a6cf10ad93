package io.arrowquant.arrow.parquet;

/** Walks the pieces of a page, run by run. */
public final class PieceCursor {

  /** Hears of each piece. */
  @FunctionalInterface
  public interface Visitor {
    /**
     * @param runIndex which run of the layout
     * @param run that run
     * @param piece index among the pieces of that run
     * @param columns weights in the piece
     */
    void piece(int runIndex, RowRun run, int piece, int columns);
  }

  private PieceCursor() {}

  /** Shows a visitor each piece of a page, in order. */
  public static void walk(PageLayout layout, PageLayout.Page page, Visitor visitor) {
    int runIndex = page.run();
    int piece = page.piece();
    for (int left = page.pieces(); left > 0; left--) {
      RowRun run = layout.runs().get(runIndex);
      int perRow = run.piecesPerRow();
      visitor.piece(runIndex, run, piece, run.columnsOfPiece(piece % perRow));
      if (++piece == run.rowCount() * perRow) {
        runIndex++;
        piece = 0;
      }
    }
  }
}
