package io.arrowquant.quantize.fit;

import java.util.Arrays;

/** Finds the level nearest to a value, or its neighbour where two are almost as near. */
final class LevelIndex {

  private static final int CELLS = 2048;

  private final byte[] cells = new byte[CELLS];
  private float[] levels = new float[0];
  private float first;
  private float cellsPerUnit;

  /**
   * Takes levels.
   *
   * @param ascending at least one, at most 256
   */
  void open(float[] ascending) {
    levels = ascending;
    first = levels[0];
    float width = levels[levels.length - 1] - first;
    cellsPerUnit = width > 0 ? CELLS / width : 0;
    int level = 0;
    for (int cell = 0; cell < CELLS; cell++) {
      float middle = first + (cell + 0.5f) / CELLS * width;
      while (level + 1 < levels.length && levels[level] + levels[level + 1] < 2 * middle) {
        level++;
      }
      cells[cell] = (byte) level;
    }
  }

  int nearest(float value) {
    int cell = (int) ((value - first) * cellsPerUnit);
    return cells[Math.max(0, Math.min(CELLS - 1, cell))] & 0xff;
  }

  /** The index of a level, or of the last or first one beyond the ends. */
  int clamp(int index) {
    return Math.max(0, Math.min(levels.length - 1, index));
  }

  float level(int index) {
    return levels[index];
  }

  float[] levels() {
    return levels;
  }

  /** Index of a level that is an integer and a signed code; -1 if there is none. */
  static int exactZero(float[] levels, int bits) {
    int half = 1 << (bits - 1);
    for (int i = 0; i < levels.length; i++) {
      if (levels[i] == StrictMath.rint(levels[i]) && levels[i] >= -half && levels[i] < half) {
        return i;
      }
    }
    return -1;
  }

  /** The levels, the one nearest to an integer that is a signed code moved onto it. */
  static float[] withExactZero(float[] levels, int bits) {
    int half = 1 << (bits - 1);
    int best = 0;
    double least = Double.POSITIVE_INFINITY;
    for (int i = 0; i < levels.length; i++) {
      double miss = Math.abs(levels[i] - integer(levels[i], half));
      if (miss < least) {
        least = miss;
        best = i;
      }
    }
    float[] moved = levels.clone();
    moved[best] = integer(levels[best], half);
    Arrays.sort(moved);
    return moved;
  }

  private static float integer(float level, int half) {
    return (float) Math.max(-half, Math.min(half - 1, StrictMath.rint(level)));
  }
}
