package io.arrowquant.quantize.export;

import io.arrowquant.core.safetensors.DType;
import io.arrowquant.quantize.kernel.PackedStrip;

/** What kinds of numbers the scales, zero points and minima of a layer's groups are. */
final class GroupSurvey {

  private static final float GREATEST_HALF = 65504;

  /** Codes less zero points that are multiples of this are exact in float32. */
  private static final double FINE = 0x1p15;

  /** Half a unit in the last place of float32, of a value's size. */
  private static final double HALF_UNIT = 0x1p-24;

  private final int half;
  private final int bits;
  private boolean symmetric = true;
  private boolean integers = true;
  private boolean halfScales = true;
  private boolean halfMinima = true;
  private boolean brainScales = true;
  private boolean brainMinima = true;
  private boolean singleExact = true;
  private double worstOffset;

  private GroupSurvey(int bits) {
    this.bits = bits;
    this.half = 1 << (bits - 1);
  }

  static GroupSurvey of(PackedStrips strips) {
    GroupSurvey survey = new GroupSurvey(strips.bits());
    strips.forEach(survey::add);
    return survey;
  }

  private void add(PackedStrip strip) {
    int end = strip.firstGroup() + strip.groups();
    for (int g = strip.firstGroup(); g < end; g++) {
      float scale = strip.scales()[g];
      float zeroPoint = strip.zeroPoints()[g];
      double minimum = minimum(scale, zeroPoint, half);
      symmetric &= zeroPoint == 0;
      integers &= Math.rint(zeroPoint) == zeroPoint && zeroPoint >= -half && zeroPoint < half;
      halfScales &= isHalf(scale);
      halfMinima &= isHalf(minimum);
      brainScales &= isBrain(scale);
      brainMinima &= isBrain(minimum);
      boolean exact =
          (float) minimum == minimum
              && Integer.numberOfTrailingZeros(Float.floatToRawIntBits(scale)) >= bits
              && Math.rint(zeroPoint * FINE) == zeroPoint * FINE;
      singleExact &= exact;
      if (!exact) {
        worstOffset = Math.max(worstOffset, offset(scale, zeroPoint, minimum));
      }
    }
  }

  /**
   * How far {@code scale * code + minimum} in float32 is from {@code (code - zero point) * scale}
   * in float32 at most, in steps: the minimum is rounded to it, then the product and the sum of the
   * one and the product of the other, each by half a unit in the last place.
   */
  private double offset(float scale, float zeroPoint, double minimum) {
    double codes = 2.0 * half - 1;
    double reach = Math.max(Math.abs(zeroPoint + half), Math.abs(codes - half - zeroPoint));
    return Math.abs((float) minimum - minimum) / scale + HALF_UNIT * (codes + 2 * reach);
  }

  /** What the unsigned code 0 stands for, exactly: a product of 24 and at most 29 bits. */
  static double minimum(float scale, float zeroPoint, int half) {
    return 0.0 - ((double) zeroPoint + half) * scale;
  }

  private static boolean isHalf(double value) {
    double unit = Math.scalb(1.0, Math.max(Math.getExponent(value) - 10, -24));
    return Math.abs(value) <= GREATEST_HALF && Math.rint(value / unit) * unit == value;
  }

  private static boolean isBrain(double value) {
    float single = (float) value;
    return single == value && (Float.floatToRawIntBits(single) & 0xffff) == 0;
  }

  /** Whether all zero points are the signed code 0. */
  boolean isSymmetric() {
    return symmetric;
  }

  /** Whether all zero points are signed codes. */
  boolean hasIntegerZeroPoints() {
    return integers;
  }

  /** Whether all scales are numbers of the dtype. */
  boolean scalesAre(DType dtype) {
    return dtype == DType.F32
        || dtype == DType.F16 && halfScales
        || dtype == DType.BF16 && brainScales;
  }

  /** Whether all scales and all minima are numbers of the dtype, and products with codes exact. */
  boolean groupsAre(DType dtype) {
    return switch (dtype) {
      case F16 -> halfScales && halfMinima;
      case BF16 -> brainScales && brainMinima;
      default -> singleExact;
    };
  }

  /** How far float32 arithmetic is from the model's weights at most, in steps of a code. */
  double worstOffset() {
    return worstOffset;
  }
}
