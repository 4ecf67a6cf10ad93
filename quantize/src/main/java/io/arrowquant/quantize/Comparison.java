package io.arrowquant.quantize;

import io.arrowquant.core.safetensors.DType;
import io.arrowquant.quantize.kernel.Widen;
import org.apache.arrow.memory.ArrowBuf;

/**
 * Decoded weights beside their source, summed up in float64 by nothing but the definitions. Shares
 * no code with the kernels that quantize, so that it can contradict them. Not thread-safe.
 */
final class Comparison {

  private final Widen widen = new Widen();
  private final float[] source = new float[Widen.STAGE];
  private long count;
  private double sourceSquares;
  private double decodedSquares;
  private double product;
  private double errorSquares;
  private double decodedSum;
  private float min = Float.POSITIVE_INFINITY;
  private float max = Float.NEGATIVE_INFINITY;

  /**
   * Adds weights.
   *
   * @param dtype the source's
   * @param sourceBytes holds the source's elements from its start
   * @param decoded float32 values, from its start
   * @param n how many
   */
  void add(DType dtype, ArrowBuf sourceBytes, ArrowBuf decoded, long n) {
    int width = dtype.bits() / 8;
    for (long at = 0; at < n; at += Widen.STAGE) {
      int staged = (int) Math.min(Widen.STAGE, n - at);
      widen.toFloat(dtype, sourceBytes.memoryAddress() + at * width, staged, source);
      for (int i = 0; i < staged; i++) {
        float w = source[i];
        float d = decoded.getFloat((at + i) * Float.BYTES);
        double e = (double) w - d;
        sourceSquares += (double) w * w;
        decodedSquares += (double) d * d;
        product += (double) w * d;
        errorSquares += e * e;
        decodedSum += d;
        min = Math.min(min, d);
        max = Math.max(max, d);
      }
      count += staged;
    }
  }

  /** Adds what was compared elsewhere, of the rows that follow. */
  void merge(Comparison next) {
    count += next.count;
    sourceSquares += next.sourceSquares;
    decodedSquares += next.decodedSquares;
    product += next.product;
    errorSquares += next.errorSquares;
    decodedSum += next.decodedSum;
    min = Math.min(min, next.min);
    max = Math.max(max, next.max);
  }

  /** 1 where both are the same, whatever they are. */
  double cosineSimilarity() {
    if (errorSquares == 0) {
      return 1;
    }
    double norms = Math.sqrt(sourceSquares) * Math.sqrt(decodedSquares);
    return norms == 0 ? 0 : product / norms;
  }

  /** Infinite where both are the same. */
  double sqnrDb() {
    return errorSquares == 0
        ? Double.POSITIVE_INFINITY
        : 10 * StrictMath.log10(sourceSquares / errorSquares);
  }

  double min() {
    return count == 0 ? 0 : min;
  }

  double max() {
    return count == 0 ? 0 : max;
  }

  double mean() {
    return count == 0 ? 0 : decodedSum / count;
  }

  double std() {
    return count == 0 ? 0 : Math.sqrt(Math.max(0, decodedSquares / count - mean() * mean()));
  }
}
