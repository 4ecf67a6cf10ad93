package io.arrowquant.quantize.multiply;

import io.arrowquant.quantize.kernel.PackedStrip;

/**
 * The columns of some vectors that a strip is multiplied with, laid out for it: {@code planes}
 * holds for each code of a lane what it is multiplied with in each lane, the row's lanes repeated
 * for as many rows as are done at once.
 */
final class Operand {

  /** Lanes that a loop should run over at least, to be worth its beginning and its end. */
  private static final int LANES = 512;

  private final long firstColumn;
  private final int columns;
  private final int rowsAtOnce;
  private final float[][] x;
  private final float[][][] planes;
  private final double[][] groupSums;

  /**
   * @param x vectors one after the other, each of {@code length} elements
   * @param divisors what each element is divided by; null for nothing
   */
  Operand(
      PackedStrip strip, LaneShape shape, float[] x, int length, int vectors, float[] divisors) {
    firstColumn = strip.firstColumn();
    columns = strip.columns();
    this.x = new float[vectors][columns];
    groupSums = new double[vectors][strip.groupsPerRow()];
    for (int v = 0; v < vectors; v++) {
      for (int c = 0; c < columns; c++) {
        int column = (int) firstColumn + c;
        float value = x[v * length + column];
        this.x[v][c] = divisors == null ? value : value / divisors[column];
        groupSums[v][c / strip.groupSize()] += this.x[v][c];
      }
    }
    if (shape.fits(strip)) {
      int lanes = columns / shape.codes();
      rowsAtOnce = Math.max(1, LANES / lanes);
      planes = new float[vectors][shape.codes()][rowsAtOnce * lanes];
      for (int v = 0; v < vectors; v++) {
        fill(planes[v], this.x[v], lanes);
      }
    } else {
      rowsAtOnce = 1;
      planes = null;
    }
  }

  private void fill(float[][] planes, float[] x, int lanes) {
    int codes = planes.length;
    for (int k = 0; k < codes; k++) {
      float[] plane = planes[k];
      for (int i = 0; i < lanes; i++) {
        plane[i] = x[i * codes + k];
      }
      for (int r = 1; r < rowsAtOnce; r++) {
        System.arraycopy(plane, 0, plane, r * lanes, lanes);
      }
    }
  }

  boolean serves(PackedStrip strip) {
    return strip.firstColumn() == firstColumn && strip.columns() == columns;
  }

  int rowsAtOnce() {
    return rowsAtOnce;
  }

  int vectors() {
    return x.length;
  }

  float[] x(int vector) {
    return x[vector];
  }

  float[][] planes(int vector) {
    return planes[vector];
  }

  /** Sum of the elements in each scale group. */
  double[] groupSums(int vector) {
    return groupSums[vector];
  }
}
