package io.arrowquant.quantize.kernel;

import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** {@link GroupRange} in the Vector API, for groups of whole vectors. */
final class VectorRange {

  private static final VectorSpecies<Integer> INTS = IntVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Short> SHORTS = ShortVector.SPECIES_PREFERRED;

  /** Groups are multiples of it. */
  static final int LANES = SHORTS.length();

  private VectorRange() {}

  /** Ranges of groups of the bits of float32. */
  static void ranges(int[] bits, int[] sizes, int groups, float[] lo, float[] hi, int first) {
    int i = 0;
    for (int g = 0; g < groups; g++) {
      IntVector least = IntVector.broadcast(INTS, Integer.MAX_VALUE);
      IntVector most = IntVector.broadcast(INTS, Integer.MIN_VALUE);
      for (int end = i + sizes[g]; i < end; i += INTS.length()) {
        IntVector b = IntVector.fromArray(INTS, bits, i);
        IntVector sign = b.lanewise(VectorOperators.ASHR, 31);
        b = b.lanewise(VectorOperators.XOR, sign.lanewise(VectorOperators.LSHR, 1));
        least = least.min(b);
        most = most.max(b);
      }
      lo[first + g] = GroupRange.ordered(least.reduceLanes(VectorOperators.MIN));
      hi[first + g] = GroupRange.ordered(most.reduceLanes(VectorOperators.MAX));
    }
  }

  /** Ranges of groups of bfloat16, whose bits order as those of float32 do. */
  static void ranges(short[] bits, int[] sizes, int groups, float[] lo, float[] hi, int first) {
    int i = 0;
    for (int g = 0; g < groups; g++) {
      ShortVector least = ShortVector.broadcast(SHORTS, Short.MAX_VALUE);
      ShortVector most = ShortVector.broadcast(SHORTS, Short.MIN_VALUE);
      for (int end = i + sizes[g]; i < end; i += LANES) {
        ShortVector b = ShortVector.fromArray(SHORTS, bits, i);
        ShortVector sign = b.lanewise(VectorOperators.ASHR, 15);
        b = b.lanewise(VectorOperators.XOR, sign.lanewise(VectorOperators.LSHR, 1));
        least = least.min(b);
        most = most.max(b);
      }
      lo[first + g] = GroupRange.bfloat16(least.reduceLanes(VectorOperators.MIN) << 16);
      hi[first + g] = GroupRange.bfloat16(most.reduceLanes(VectorOperators.MAX) << 16);
    }
  }
}
