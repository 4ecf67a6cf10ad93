package io.arrowquant.quantize.kernel;

/**
 * A block of octets, eight neighbouring weights each: the scale and zero point of every octet go
 * in, its packed codes and sums come out. Sums are float32 within eight weights, float64 over the
 * octets of a group.
 */
final class Octets {

  /** Most octets of a block. */
  static final int MOST = Widen.STAGE / 8;

  final float[] scale = new float[MOST];
  final float[] inverse = new float[MOST];
  final float[] zeroPoint = new float[MOST];

  /** Codes of the first four weights of each octet, packed. */
  final int[] low = new int[MOST];

  /** Codes of the other four. */
  final int[] high = new int[MOST];

  final float[] sum = new float[MOST];
  final float[] squares = new float[MOST];
  final float[] cross = new float[MOST];
  final float[] errorSquares = new float[MOST];

  final double[] groupSum = new double[MOST];
  final double[] groupSquares = new double[MOST];
  final double[] groupCross = new double[MOST];
  final double[] groupErrorSquares = new double[MOST];

  /** The largest error of the block, without its sign. */
  float worst;
}
