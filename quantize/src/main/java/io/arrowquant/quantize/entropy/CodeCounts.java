package io.arrowquant.quantize.entropy;

import java.util.OptionalDouble;

/** How often each code of a tensor comes. */
final class CodeCounts {

  /** Codes of the even 8-bit scale of tensors that are not quantized. */
  static final int EVEN = 256;

  private final long[] counts;

  CodeCounts(int codes) {
    this.counts = new long[codes];
  }

  /**
   * Counts signed codes.
   *
   * @param codes from {@code -counts/2} on
   */
  void addSigned(byte[] codes, int n) {
    int half = counts.length / 2;
    for (int i = 0; i < n; i++) {
      counts[codes[i] + half]++;
    }
  }

  /** Counts the code that a value has on an even scale from min on, if it is finite. */
  void addEven(float value, double min, double codesPerUnit) {
    if (Float.isFinite(value)) {
      int code = (int) Math.rint((value - min) * codesPerUnit);
      counts[Math.max(0, Math.min(EVEN - 1, code))]++;
    }
  }

  /** Codes per unit of an even scale from min to max: 0 where they are one. */
  static double evenCodesPerUnit(double min, double max) {
    return max > min ? (EVEN - 1) / (max - min) : 0;
  }

  /** Shannon's entropy, {@code -sum p log2 p}, in bits per code; empty where nothing came. */
  OptionalDouble entropy() {
    long total = 0;
    for (long count : counts) {
      total += count;
    }
    if (total == 0) {
      return OptionalDouble.empty();
    }
    double bits = 0;
    for (long count : counts) {
      if (count > 0) {
        double p = (double) count / total;
        bits -= p * Math.log(p);
      }
    }
    return OptionalDouble.of(Math.max(0, bits / Math.log(2)));
  }
}
