package io.arrowquant.quantize.plan;

import io.arrowquant.core.config.Method;

/** What is to become of a tensor. */
public sealed interface Treatment {

  /**
   * Quantized.
   *
   * @param bitWidth 2, 3, 4, 5, 6 or 8
   * @param groupSize columns that share a scale
   * @param method how scales are found
   */
  record Quantize(int bitWidth, int groupSize, Method method) implements Treatment {}

  /**
   * Stored bit for bit.
   *
   * @param reason why, in a few words
   */
  record Keep(String reason) implements Treatment {}
}
