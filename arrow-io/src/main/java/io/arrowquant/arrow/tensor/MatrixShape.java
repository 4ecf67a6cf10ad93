package io.arrowquant.arrow.tensor;

import java.util.List;

/**
 * A tensor seen as a matrix whose rows run along its input axis: rank 2 as it is; stacked matrices
 * (rank 3 whose last dimension is at least 64, or with {@code experts} in the name) {@code [d0*d1,
 * d2]}; other higher ranks, convolutions among them, {@code [d0, d1*d2*...]}; rank 1 {@code [1,
 * n]}; rank 0 {@code [1, 1]}. An empty tensor has no rows, whatever its shape claims.
 */
public record MatrixShape(long rows, long columns) {

  /** Smallest last dimension at which a tensor of rank 3 is taken for stacked matrices. */
  private static final int STACKED = 64;

  /**
   * @param shape of a tensor whose element count is known to fit a long
   */
  public static MatrixShape of(String name, List<Long> shape) {
    int split = isStacked(name, shape) ? 2 : Math.min(1, shape.size() - 1);
    if (shape.contains(0L)) {
      return new MatrixShape(0, shape.size() == 2 ? shape.get(1) : 0);
    }
    return new MatrixShape(
        product(shape.subList(0, Math.max(0, split))),
        product(shape.subList(Math.max(0, split), shape.size())));
  }

  /** Whether the rows of such a tensor are {@code d0*d1}. */
  public static boolean isStacked(String name, List<Long> shape) {
    return shape.size() == 3 && (shape.get(2) >= STACKED || name.contains("experts"));
  }

  private static long product(List<Long> dimensions) {
    long product = 1;
    for (long dimension : dimensions) {
      product *= dimension;
    }
    return product;
  }
}
