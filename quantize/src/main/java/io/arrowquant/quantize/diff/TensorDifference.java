package io.arrowquant.quantize.diff;

/**
 * One tensor in two models.
 *
 * @param before null where it was added
 * @param after null where it was removed
 * @param distance of the values; null where they were not compared or have no real numbers
 */
public record TensorDifference(
    String name, Change change, TensorFacts before, TensorFacts after, Distance distance) {

  /** What became of a tensor. */
  public enum Change {
    SAME,
    ADDED,
    REMOVED,
    SHAPE,
    DTYPE,
    VALUES
  }
}
