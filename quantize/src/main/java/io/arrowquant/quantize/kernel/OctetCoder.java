package io.arrowquant.quantize.kernel;

import io.arrowquant.core.safetensors.DType;

/** Codes and measures blocks of octets; all give the same bits. One instance per thread. */
sealed interface OctetCoder permits PlainOctets, VectorOctets {

  /**
   * Codes {@code 8 * octets} weights.
   *
   * @param address the source weights, finite
   * @param block holds scales and zero points, takes codes and sums of octets
   */
  void code(DType dtype, long address, int octets, int bits, Octets block);

  /** Adds up the sums of the octets of {@code groups} groups of {@code sizes} weights. */
  void fold(int[] sizes, int groups, Octets block);
}
