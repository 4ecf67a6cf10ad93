package io.arrowquant.quantize.multiply;

import io.arrowquant.quantize.kernel.Contest;
import io.arrowquant.quantize.kernel.PackedStrip;
import io.arrowquant.quantize.kernel.VectorApi;
import java.util.Arrays;

/** Multiplies rows of strips; owns the scratch arrays of one thread. */
final class RowProducts {

  private static final int ROWS = RowKernel.ROWS;

  /**
   * Blocks to one on which the twin is tried: not yet compiled, it takes a thousand times as long.
   */
  private static final int TRIAL_EVERY = 16;

  private final RowKernel plain;
  private final RowKernel twin;
  private final Contest contest;
  private final long[] bits = new long[ROWS];
  private final float[][] lanes = new float[ROWS][RowShape.LANES];
  private final int[] firstGroups = new int[ROWS];
  private final double[] offsets = new double[ROWS];
  private int blocks;
  private double[] sums = new double[0];

  RowProducts() {
    this(new PlainRows(), VectorApi.USABLE ? new VectorRows() : null);
  }

  /**
   * @param twin gives the same bits, and takes over once it is the faster one; null for none
   */
  RowProducts(RowKernel plain, RowKernel twin) {
    this.plain = plain;
    this.twin = twin;
    contest = new Contest(twin != null);
  }

  /**
   * Adds rows times vectors.
   *
   * @param from first row of the strip
   * @param to row after the last
   * @param target takes {@code vectors} sums per row
   * @param at index of the first one
   */
  void add(PackedStrip strip, int from, int to, Operand operand, double[] target, int at) {
    int vectors = operand.vectors();
    for (int row = from; row < to; row += ROWS) {
      int rows = Math.min(ROWS, to - row);
      addRows(strip, row, rows, operand);
      for (int i = 0; i < rows * vectors; i++) {
        target[at + (row - from) * vectors + i] += sums[i];
      }
    }
    plain.forget();
    if (twin != null) {
      twin.forget();
    }
  }

  /** Sets the sums of some rows, at most as many as a kernel does at once. */
  private void addRows(PackedStrip strip, int row, int rows, Operand operand) {
    RowShape shape = operand.shape();
    int vectors = operand.vectors();
    int groups = shape.groupsPerRow();
    sums = sums.length < ROWS * vectors ? new double[ROWS * vectors] : sums;
    for (int r = 0; r < ROWS; r++) {
      // Past the last row it is done again, to no end.
      firstGroups[r] = strip.firstGroup() + (row + Math.min(r, rows - 1)) * groups;
    }
    for (int v = 0; v < vectors; v++) {
      operand.offsets(v, strip.scales(), strip.zeroPoints(), firstGroups, offsets);
      for (int r = 0; r < ROWS; r++) {
        sums[r * vectors + v] = offsets[r];
      }
    }
    for (int block = 0; block < shape.blocks(); block++) {
      for (int r = 0; r < ROWS; r++) {
        long code = strip.firstCode() + (long) (row + Math.min(r, rows - 1)) * strip.columns();
        bits[r] = code * strip.bits() + (long) block * RowShape.BLOCK * Integer.SIZE;
      }
      for (int v = 0; v < vectors; v++) {
        for (int part = 0; part < shape.parts(); part++) {
          multiply(strip, operand.block(v, part, block));
          for (int r = 0; r < ROWS; r++) {
            sums[r * vectors + v] += total(lanes[r]);
          }
        }
      }
    }
  }

  /** Sets the lanes of each row to its products with a block. */
  private void multiply(PackedStrip strip, OperandBlock operand) {
    if (contest.won()) {
      run(twin, strip, operand);
    } else if (blocks++ % TRIAL_EVERY == 0 && contest.due()) {
      long start = System.nanoTime();
      run(twin, strip, operand);
      long middle = System.nanoTime();
      run(plain, strip, operand);
      contest.plain(System.nanoTime() - middle, operand.length());
      contest.twin(middle - start, operand.length());
    } else {
      run(plain, strip, operand);
    }
  }

  private void run(RowKernel kernel, PackedStrip strip, OperandBlock operand) {
    for (float[] each : lanes) {
      Arrays.fill(each, 0);
    }
    kernel.add(strip, bits, firstGroups, operand, lanes);
  }

  private static float total(float[] a) {
    float even = (a[0] + a[8]) + (a[4] + a[12]) + ((a[2] + a[10]) + (a[6] + a[14]));
    float odd = (a[1] + a[9]) + (a[5] + a[13]) + ((a[3] + a[11]) + (a[7] + a[15]));
    return even + odd;
  }
}
