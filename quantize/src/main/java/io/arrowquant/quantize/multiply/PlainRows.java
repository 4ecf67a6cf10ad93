package io.arrowquant.quantize.multiply;

import io.arrowquant.quantize.kernel.PackedStrip;
import java.util.Arrays;

/**
 * Plain loops, over arrays from their starts with one index: that is the form which the JIT
 * compiler turns into vector instructions, and which is worth copying for.
 */
final class PlainRows implements RowKernel {

  private static final int FIELDS = 4;

  private final StripReader reader = new StripReader();
  private final int[][] ints = new int[ROWS][RowShape.BLOCK];
  private final float[][] sums = new float[ROWS][RowShape.BLOCK];
  private final float[][] x = new float[FIELDS][RowShape.BLOCK];
  private final int[][] masks = new int[FIELDS][RowShape.BLOCK];

  @Override
  public void add(
      PackedStrip strip, long[] bits, int[] firstGroups, OperandBlock operand, float[][] lanes) {
    RowShape shape = operand.shape();
    int n = operand.length();
    for (int r = 0; r < ROWS; r++) {
      reader.read(strip, bits[r], n, ints[r]);
      Arrays.fill(sums[r], 0, n, 0);
    }
    for (int f = 0; f < shape.fields(); f += FIELDS) {
      int count = Math.min(FIELDS, shape.fields() - f);
      for (int k = 0; k < count; k++) {
        System.arraycopy(operand.planes(), (f + k) * n, x[k], 0, n);
        System.arraycopy(shape.fieldMasks(), (f + k) * RowShape.BLOCK, masks[k], 0, n);
      }
      boolean alike = shape.period() == RowShape.LANES;
      for (int r = 0; r < ROWS; r++) {
        if (count < FIELDS) {
          two(ints[r], masks[0], masks[1], x[0], x[1], sums[r], n);
        } else if (alike) {
          int m0 = masks[0][0];
          int m1 = masks[1][0];
          int m2 = masks[2][0];
          int m3 = masks[3][0];
          four(ints[r], m0, m1, m2, m3, x[0], x[1], x[2], x[3], sums[r], n);
        } else {
          two(ints[r], masks[0], masks[1], x[0], x[1], sums[r], n);
          two(ints[r], masks[2], masks[3], x[2], x[3], sums[r], n);
        }
      }
    }
    for (int r = 0; r < ROWS; r++) {
      scale(
          sums[r], operand.groups(), operand.first(), n, strip.scales(), firstGroups[r], lanes[r]);
    }
  }

  /** Fields that have the same bits in each integer. */
  private static void four(
      int[] ints,
      int m0,
      int m1,
      int m2,
      int m3,
      float[] x0,
      float[] x1,
      float[] x2,
      float[] x3,
      float[] sums,
      int n) {
    for (int i = 0; i < n; i++) {
      int v = ints[i] ^ Integer.MIN_VALUE;
      sums[i] = sums[i] + (v & m0) * x0[i] + (v & m1) * x1[i] + (v & m2) * x2[i] + (v & m3) * x3[i];
    }
  }

  private static void two(
      int[] ints, int[] m0, int[] m1, float[] x0, float[] x1, float[] sums, int n) {
    for (int i = 0; i < n; i++) {
      int v = ints[i] ^ Integer.MIN_VALUE;
      sums[i] = sums[i] + (v & m0[i]) * x0[i] + (v & m1[i]) * x1[i];
    }
  }

  private static void scale(
      float[] sums, int[] groups, int first, int n, float[] scales, int firstGroup, float[] lanes) {
    float a0 = lanes[0];
    float a1 = lanes[1];
    float a2 = lanes[2];
    float a3 = lanes[3];
    float a4 = lanes[4];
    float a5 = lanes[5];
    float a6 = lanes[6];
    float a7 = lanes[7];
    float a8 = lanes[8];
    float a9 = lanes[9];
    float a10 = lanes[10];
    float a11 = lanes[11];
    float a12 = lanes[12];
    float a13 = lanes[13];
    float a14 = lanes[14];
    float a15 = lanes[15];
    for (int i = 0; i < n; i += RowShape.LANES) {
      int group = groups[first + i];
      float scale = scales[firstGroup + group];
      if (group != groups[first + i + RowShape.LANES - 1]) {
        for (int k = i; k < i + RowShape.LANES; k++) {
          sums[k] *= scales[firstGroup + groups[first + k]];
        }
        scale = 1;
      }
      a0 += sums[i] * scale;
      a1 += sums[i + 1] * scale;
      a2 += sums[i + 2] * scale;
      a3 += sums[i + 3] * scale;
      a4 += sums[i + 4] * scale;
      a5 += sums[i + 5] * scale;
      a6 += sums[i + 6] * scale;
      a7 += sums[i + 7] * scale;
      a8 += sums[i + 8] * scale;
      a9 += sums[i + 9] * scale;
      a10 += sums[i + 10] * scale;
      a11 += sums[i + 11] * scale;
      a12 += sums[i + 12] * scale;
      a13 += sums[i + 13] * scale;
      a14 += sums[i + 14] * scale;
      a15 += sums[i + 15] * scale;
    }
    lanes[0] = a0;
    lanes[1] = a1;
    lanes[2] = a2;
    lanes[3] = a3;
    lanes[4] = a4;
    lanes[5] = a5;
    lanes[6] = a6;
    lanes[7] = a7;
    lanes[8] = a8;
    lanes[9] = a9;
    lanes[10] = a10;
    lanes[11] = a11;
    lanes[12] = a12;
    lanes[13] = a13;
    lanes[14] = a14;
    lanes[15] = a15;
  }
}
