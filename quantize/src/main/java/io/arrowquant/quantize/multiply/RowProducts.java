package io.arrowquant.quantize.multiply;

import io.arrowquant.quantize.kernel.PackedStrip;
import io.arrowquant.quantize.kernel.Unpack;

/** Multiplies rows of strips; owns the scratch arrays of one thread. */
final class RowProducts {

  private static final int STAGE = 4096;

  private final LaneShape shape;
  private final byte[] codes = new byte[STAGE];
  private int[] raw = new int[0];
  private int[][] ints = new int[0][];
  private float[][] sums = new float[0][];

  RowProducts(LaneShape shape) {
    this.shape = shape;
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
    if (shape.fits(strip)) {
      for (int row = from; row < to; row += operand.rowsAtOnce()) {
        int rows = Math.min(operand.rowsAtOnce(), to - row);
        addLanes(strip, row, rows, operand, target, at + (row - from) * operand.vectors());
      }
    } else {
      for (int row = from; row < to; row++) {
        addCodes(strip, row, operand, target, at + (row - from) * operand.vectors());
      }
    }
  }

  private void addLanes(
      PackedStrip strip, int row, int rows, Operand operand, double[] target, int at) {
    int lanes = strip.columns() / shape.codes();
    int n = rows * lanes;
    int parts = shape.parts(strip.groupSize());
    reserve(n, parts);
    load(strip, row * lanes, n);
    int perGroup = Math.max(1, strip.groupSize() / shape.codes());
    int groups = strip.groupsPerRow();
    float[] scales = strip.scales();
    float[] zeroPoints = strip.zeroPoints();
    int half = 1 << (shape.bits() - 1);
    for (int v = 0; v < operand.vectors(); v++) {
      LaneSums.sum(shape, ints, operand.planes(v), sums, n);
      double[] groupSums = operand.groupSums(v);
      for (int r = 0; r < rows; r++) {
        int group = strip.firstGroup() + (row + r) * groups;
        int end = (r + 1) * lanes;
        double y = 0;
        int g = 0;
        for (int lane = r * lanes; lane < end; lane += perGroup) {
          int count = Math.min(perGroup, end - lane);
          for (float[] part : sums) {
            double codeSum = LaneSums.total(part, lane, count);
            double zero = (double) zeroPoints[group + g] + half;
            y += scales[group + g] * (codeSum - zero * groupSums[g]);
            g++;
          }
        }
        target[at + r * operand.vectors() + v] += y;
      }
    }
  }

  /** The integers of lanes of the strip, one array for each integer of a lane. */
  private void load(PackedStrip strip, int lane, int n) {
    int count = shape.ints();
    int first = (strip.firstCode() / shape.codes() + lane) * count;
    if (count == 1) {
      strip.ints().get(first, ints[0], 0, n);
      return;
    }
    strip.ints().get(first, raw, 0, n * count);
    for (int q = 0; q < count; q++) {
      int[] each = ints[q];
      for (int i = 0, j = q; i < n; i++, j += count) {
        each[i] = raw[j];
      }
    }
  }

  private void reserve(int n, int parts) {
    if (ints.length == 0 || ints[0].length < n) {
      ints = new int[shape.ints()][n];
      raw = new int[shape.ints() == 1 ? 0 : n * shape.ints()];
    }
    if (sums.length != parts || sums[0].length < n) {
      sums = new float[parts][n];
    }
  }

  /** Rows that are no whole lanes, code by code. */
  private void addCodes(PackedStrip strip, int row, Operand operand, double[] target, int at) {
    int groupSize = strip.groupSize();
    int step = STAGE / groupSize * groupSize;
    int firstGroup = strip.firstGroup() + row * strip.groupsPerRow();
    for (int column = 0; column < strip.columns(); column += step) {
      int n = Math.min(step, strip.columns() - column);
      int first = strip.firstCode() + row * strip.columns() + column;
      Unpack.codes(strip.page().memoryAddress(), shape.bits(), first, n, codes);
      for (int from = 0; from < n; from += groupSize) {
        int g = (column + from) / groupSize;
        int count = Math.min(groupSize, n - from);
        double scale = strip.scales()[firstGroup + g];
        double zero = strip.zeroPoints()[firstGroup + g];
        for (int v = 0; v < operand.vectors(); v++) {
          double codeSum = product(codes, from, operand.x(v), column + from, count);
          target[at + v] += scale * (codeSum - zero * operand.groupSums(v)[g]);
        }
      }
    }
  }

  private static float product(byte[] codes, int from, float[] x, int at, int n) {
    float a = 0;
    float b = 0;
    float c = 0;
    float d = 0;
    int i = 0;
    for (; i + 4 <= n; i += 4) {
      a += codes[from + i] * x[at + i];
      b += codes[from + i + 1] * x[at + i + 1];
      c += codes[from + i + 2] * x[at + i + 2];
      d += codes[from + i + 3] * x[at + i + 3];
    }
    for (; i < n; i++) {
      a += codes[from + i] * x[at + i];
    }
    return (a + c) + (b + d);
  }
}
