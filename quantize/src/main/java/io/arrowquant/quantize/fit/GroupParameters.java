package io.arrowquant.quantize.fit;

/**
 * Scales and zero points of a slice's groups, in arrays that are reused for the next slice and grow
 * to the largest.
 */
final class GroupParameters {

  private float[] scales = new float[0];
  private float[] zeroPoints = new float[0];
  private int count;
  private Codebook scaleBook;
  private Codebook zeroPointBook;

  /** Makes room for {@code groups}, whose former values are lost. */
  void reset(int groups) {
    if (scales.length < groups) {
      scales = new float[groups];
      zeroPoints = new float[groups];
    }
    count = groups;
    scaleBook = null;
    zeroPointBook = null;
  }

  /** Says that every scale and zero point is a level of these. */
  void useCodebooks(Codebook forScales, Codebook forZeroPoints) {
    scaleBook = forScales;
    zeroPointBook = forZeroPoints;
  }

  /** Groups in use; the arrays may be longer. */
  int count() {
    return count;
  }

  float[] scales() {
    return scales;
  }

  float[] zeroPoints() {
    return zeroPoints;
  }

  boolean hasCodebooks() {
    return scaleBook != null;
  }

  Codebook scaleBook() {
    return scaleBook;
  }

  Codebook zeroPointBook() {
    return zeroPointBook;
  }
}
