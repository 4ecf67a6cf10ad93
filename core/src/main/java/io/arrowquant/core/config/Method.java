package io.arrowquant.core.config;

import java.util.Locale;

/** How hard to look for the best scale and zero point of a group. */
public enum Method {
  /** The range from minimum to maximum: bound by memory. */
  FAST,
  /** A search with a least-squares refit: bound by arithmetic, smaller errors. */
  BEST,
  /**
   * One step for each tensor, codes of 8 bits, and as wide a step as lets ZSTD make half a bit more
   * than the bits asked for of them: the least errors at a size, but codes that cannot be read in
   * place. At 8 bits there is nothing to compress, and {@link #BEST} is taken.
   */
  RATE;

  /**
   * Bits of a stored code, before compression.
   *
   * @param bits that are asked for
   */
  public int codeWidth(int bits) {
    return this == RATE ? 8 : bits;
  }

  /** The lower-case word used in files and on the command line. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
