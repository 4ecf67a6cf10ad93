package io.arrowquant.quantize.multiply;

/**
 * The columns of some vectors that rows of a shape are multiplied with: for each field of each
 * integer what it is multiplied with, and what each scale group's zero point is.
 */
final class Operand {

  private final RowShape shape;
  private final OperandBlock[][][] blocks;
  private final double[][] sums;
  private final double[][] middles;

  /**
   * @param x vectors one after the other, each of {@code length} elements
   * @param divisors what each element is divided by; null for nothing
   */
  Operand(RowShape shape, float[] x, int length, int vectors, float[] divisors) {
    this.shape = shape;
    blocks = new OperandBlock[vectors][shape.parts()][shape.blocks()];
    sums = new double[vectors][shape.groupsPerRow()];
    middles = new double[vectors][shape.groupsPerRow()];
    int columns = shape.columns();
    float[] piece = new float[columns];
    for (int v = 0; v < vectors; v++) {
      int first = (int) shape.firstColumn();
      System.arraycopy(x, v * length + first, piece, 0, columns);
      for (int c = 0; divisors != null && c < columns; c++) {
        piece[c] /= divisors[first + c];
      }
      for (int g = 0; g < sums[v].length; g++) {
        int end = Math.min(columns, (g + 1) * shape.groupSize());
        for (int c = g * shape.groupSize(); c < end; c++) {
          sums[v][g] += piece[c];
        }
        middles[v][g] = -(1 << shape.bits() - 1) * sums[v][g];
      }
      for (int part = 0; part < shape.parts(); part++) {
        for (int block = 0; block < shape.blocks(); block++) {
          blocks[v][part][block] = block(part, block, piece, middles[v]);
        }
      }
    }
  }

  private OperandBlock block(int part, int block, float[] x, double[] middles) {
    int n = shape.blockLength(block);
    int first = block * RowShape.BLOCK;
    int[] groups = shape.groups(part);
    int[] masks = shape.fieldMasks();
    float[] factors = shape.fieldFactors();
    float[] planes = new float[shape.fields() * n];
    for (int i = 0; i < n; i++) {
      int group = groups[first + i];
      int code = shape.firstCode(first + i);
      for (int f = 0; f < shape.fields() && code + f < x.length; f++) {
        int at = f * RowShape.BLOCK + i;
        if (masks[at] != 0 && isOf(code + f, group, part)) {
          float factor = x[code + f] * factors[at];
          planes[f * n + i] = factor;
          if (masks[at] < 0) {
            middles[group] += 0x1p31 * factor;
          }
        }
      }
    }
    return new OperandBlock(shape, first, n, planes, groups);
  }

  private boolean isOf(int code, int group, int part) {
    return shape.parts() == 1 || group % shape.parts() == part && code / shape.groupSize() == group;
  }

  RowShape shape() {
    return shape;
  }

  int vectors() {
    return blocks.length;
  }

  /** What a block of each row is multiplied with, for the sums of a part of it. */
  OperandBlock block(int vector, int part, int block) {
    return blocks[vector][part][block];
  }

  /**
   * What is to be added to the products of the integers of rows, for their zero points and for the
   * top bits that are flipped.
   *
   * @param zeroPoints counted from the middle of the codes
   * @param firstGroups index into both of the first group of each of {@link RowKernel#ROWS} rows
   * @param offsets takes a number for each row
   */
  void offsets(
      int vector, float[] scales, float[] zeroPoints, int[] firstGroups, double[] offsets) {
    double[] sums = this.sums[vector];
    double[] middles = this.middles[vector];
    int a = firstGroups[0];
    int b = firstGroups[1];
    int c = firstGroups[2];
    int d = firstGroups[3];
    double offsetA = 0;
    double offsetB = 0;
    double offsetC = 0;
    double offsetD = 0;
    for (int g = 0; g < sums.length; g++) {
      double middle = middles[g];
      double sum = sums[g];
      offsetA += scales[a + g] * (middle - zeroPoints[a + g] * sum);
      offsetB += scales[b + g] * (middle - zeroPoints[b + g] * sum);
      offsetC += scales[c + g] * (middle - zeroPoints[c + g] * sum);
      offsetD += scales[d + g] * (middle - zeroPoints[d + g] * sum);
    }
    offsets[0] = offsetA;
    offsets[1] = offsetB;
    offsets[2] = offsetC;
    offsets[3] = offsetD;
  }
}
