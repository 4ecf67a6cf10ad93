package io.arrowquant.quantize.fit;

/** Finds the least scale level that is not below a value, or so little that it does not matter. */
final class ScaleIndex {

  /** The upper bits of a positive float are a logarithm of it: 512 cells to an octave. */
  private static final int CELL_SHIFT = 14;

  private float[] levels = {1};
  private byte[] cells = new byte[0];
  private int firstCell;
  private int lastCell;

  /**
   * Takes levels.
   *
   * @param ascending positive; at least one, at most 256
   */
  void open(float[] ascending) {
    levels = ascending;
    firstCell = cell(levels[0]);
    lastCell = cell(levels[levels.length - 1]);
    int count = lastCell - firstCell + 1;
    if (cells.length < count) {
      cells = new byte[count];
    }
    int level = 0;
    for (int i = 0; i < count; i++) {
      while (cell(levels[level]) < firstCell + i) {
        level++;
      }
      cells[i] = (byte) level;
    }
  }

  /** Index of the least level from {@code value} on, give or take a cell, or of the last one. */
  int atLeast(float value) {
    int cell = Math.max(firstCell, Math.min(lastCell, cell(value)));
    return cells[cell - firstCell] & 0xff;
  }

  private static int cell(float value) {
    return Float.floatToRawIntBits(value) >> CELL_SHIFT;
  }
}
