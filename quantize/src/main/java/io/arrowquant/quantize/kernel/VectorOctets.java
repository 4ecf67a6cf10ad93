package io.arrowquant.quantize.kernel;

import io.arrowquant.core.safetensors.DType;
import java.util.Arrays;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * Octets in the Vector API: the planes of {@link PlainOctets}, all of whose steps happen in
 * registers. Loaded only where the module is there and vectors hold whole octets, see {@link
 * VectorApi}.
 */
final class VectorOctets implements OctetCoder {

  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Integer> INTS = IntVector.SPECIES_PREFERRED;

  /** Elements of a vector. */
  static final int LANES = FLOATS.length();

  private static final VectorShuffle<Integer> SWAP_1 = swap(1);
  private static final VectorShuffle<Integer> SWAP_2 = swap(2);
  private static final VectorShuffle<Integer> SWAP_4 = swap(4);
  private static final VectorMask<Integer> ODD_1 = odd(1);
  private static final VectorMask<Integer> ODD_2 = odd(2);
  private static final VectorMask<Integer> ODD_4 = odd(4);

  /** From the order in which squares of eight, or of four, lie side by side when transposed. */
  private static final VectorShuffle<Integer> ORDER_8 = order(8);

  private static final VectorShuffle<Integer> ORDER_4 = order(4);

  private final Widen widen;
  private final int[] source = new int[Widen.STAGE];
  private final int[][] planes = new int[8][Octets.MOST];
  private final double[] strands = new double[4];

  VectorOctets(Widen widen) {
    this.widen = widen;
  }

  private static VectorShuffle<Integer> swap(int distance) {
    return VectorShuffle.fromOp(INTS, i -> i ^ distance);
  }

  private static VectorMask<Integer> odd(int distance) {
    boolean[] mask = new boolean[LANES];
    for (int i = 0; i < LANES; i++) {
      mask[i] = (i & distance) != 0;
    }
    return VectorMask.fromArray(INTS, mask, 0);
  }

  private static VectorShuffle<Integer> order(int side) {
    int squares = LANES / side;
    return VectorShuffle.fromOp(INTS, i -> i % squares * side + i / squares);
  }

  @Override
  public void code(DType dtype, long address, int octets, int bits, Octets block) {
    // Whole vectors: octets of zeros, which a scale of 1 codes without error, fill the last.
    int whole = (octets + LANES - 1) / LANES * LANES;
    Arrays.fill(block.scale, octets, whole, 1);
    Arrays.fill(block.inverse, octets, whole, 1);
    Arrays.fill(block.zeroPoint, octets, whole, 0);
    if (dtype == DType.BF16) {
      widen.pairs(address, 4 * octets, source);
      Arrays.fill(source, 4 * octets, 4 * whole, 0);
      transposePairs(source, planes, whole);
    } else {
      widen.toBits(dtype, address, 8 * octets, source);
      Arrays.fill(source, 8 * octets, 8 * whole, 0);
      transpose(source, planes, whole);
    }
    Arrays.fill(block.sum, 0, whole, 0);
    Arrays.fill(block.squares, 0, whole, 0);
    Arrays.fill(block.cross, 0, whole, 0);
    Arrays.fill(block.errorSquares, 0, whole, 0);
    int worst = half(planes, 0, bits, block, block.low, whole);
    worst = Math.max(worst, half(planes, 4, bits, block, block.high, whole));
    block.worst = Float.intBitsToFloat(worst);
  }

  /** Integer {@code 8 j + k} to {@code planes[k][j]}, by exchanges at distances 4, 2 and 1. */
  private static void transpose(int[] source, int[][] planes, int octets) {
    for (int o = 0; o < octets; o += LANES) {
      int at = 8 * o;
      IntVector a = IntVector.fromArray(INTS, source, at);
      IntVector b = IntVector.fromArray(INTS, source, at + LANES);
      IntVector c = IntVector.fromArray(INTS, source, at + 2 * LANES);
      IntVector d = IntVector.fromArray(INTS, source, at + 3 * LANES);
      IntVector e = IntVector.fromArray(INTS, source, at + 4 * LANES);
      IntVector f = IntVector.fromArray(INTS, source, at + 5 * LANES);
      IntVector g = IntVector.fromArray(INTS, source, at + 6 * LANES);
      IntVector h = IntVector.fromArray(INTS, source, at + 7 * LANES);
      IntVector a4 = a.blend(e.rearrange(SWAP_4), ODD_4);
      IntVector e4 = a.rearrange(SWAP_4).blend(e, ODD_4);
      IntVector b4 = b.blend(f.rearrange(SWAP_4), ODD_4);
      IntVector f4 = b.rearrange(SWAP_4).blend(f, ODD_4);
      IntVector c4 = c.blend(g.rearrange(SWAP_4), ODD_4);
      IntVector g4 = c.rearrange(SWAP_4).blend(g, ODD_4);
      IntVector d4 = d.blend(h.rearrange(SWAP_4), ODD_4);
      IntVector h4 = d.rearrange(SWAP_4).blend(h, ODD_4);
      square(a4, b4, c4, d4, planes, 0, o);
      square(e4, f4, g4, h4, planes, 4, o);
    }
  }

  private static void square(
      IntVector a, IntVector b, IntVector c, IntVector d, int[][] planes, int k, int o) {
    IntVector a2 = a.blend(c.rearrange(SWAP_2), ODD_2);
    IntVector c2 = a.rearrange(SWAP_2).blend(c, ODD_2);
    IntVector b2 = b.blend(d.rearrange(SWAP_2), ODD_2);
    IntVector d2 = b.rearrange(SWAP_2).blend(d, ODD_2);
    a2.blend(b2.rearrange(SWAP_1), ODD_1).rearrange(ORDER_8).intoArray(planes[k], o);
    a2.rearrange(SWAP_1).blend(b2, ODD_1).rearrange(ORDER_8).intoArray(planes[k + 1], o);
    c2.blend(d2.rearrange(SWAP_1), ODD_1).rearrange(ORDER_8).intoArray(planes[k + 2], o);
    c2.rearrange(SWAP_1).blend(d2, ODD_1).rearrange(ORDER_8).intoArray(planes[k + 3], o);
  }

  /** The same for pairs of bfloat16, which become float32. */
  private static void transposePairs(int[] source, int[][] planes, int octets) {
    for (int o = 0; o < octets; o += LANES) {
      int at = 4 * o;
      IntVector a = IntVector.fromArray(INTS, source, at);
      IntVector b = IntVector.fromArray(INTS, source, at + LANES);
      IntVector c = IntVector.fromArray(INTS, source, at + 2 * LANES);
      IntVector d = IntVector.fromArray(INTS, source, at + 3 * LANES);
      IntVector a2 = a.blend(c.rearrange(SWAP_2), ODD_2);
      IntVector c2 = a.rearrange(SWAP_2).blend(c, ODD_2);
      IntVector b2 = b.blend(d.rearrange(SWAP_2), ODD_2);
      IntVector d2 = b.rearrange(SWAP_2).blend(d, ODD_2);
      split(a2.blend(b2.rearrange(SWAP_1), ODD_1), planes, 0, o);
      split(a2.rearrange(SWAP_1).blend(b2, ODD_1), planes, 2, o);
      split(c2.blend(d2.rearrange(SWAP_1), ODD_1), planes, 4, o);
      split(c2.rearrange(SWAP_1).blend(d2, ODD_1), planes, 6, o);
    }
  }

  private static void split(IntVector pairs, int[][] planes, int k, int o) {
    IntVector ordered = pairs.rearrange(ORDER_4);
    ordered.lanewise(VectorOperators.LSHL, 16).intoArray(planes[k], o);
    ordered.and(0xffff0000).intoArray(planes[k + 1], o);
  }

  /**
   * Adds what four planes from {@code k} on give; half an octet keeps the compiler's work small.
   */
  private static int half(int[][] planes, int k, int bits, Octets block, int[] packed, int octets) {
    IntVector least = IntVector.broadcast(INTS, Rounding.SHIFT_BITS - (1 << (bits - 1)));
    IntVector most = IntVector.broadcast(INTS, Rounding.SHIFT_BITS + (1 << (bits - 1)) - 1);
    FloatVector shift = FloatVector.broadcast(FLOATS, Rounding.SHIFT);
    IntVector magnitude = IntVector.broadcast(INTS, 0x7fffffff);
    IntVector worst = IntVector.zero(INTS);
    for (int o = 0; o < octets; o += LANES) {
      FloatVector scale = FloatVector.fromArray(FLOATS, block.scale, o);
      FloatVector inverse = FloatVector.fromArray(FLOATS, block.inverse, o);
      FloatVector zeroPoint = FloatVector.fromArray(FLOATS, block.zeroPoint, o);

      FloatVector a = IntVector.fromArray(INTS, planes[k], o).reinterpretAsFloats();
      FloatVector b = IntVector.fromArray(INTS, planes[k + 1], o).reinterpretAsFloats();
      IntVector p = a.mul(inverse).add(zeroPoint).add(shift).reinterpretAsInts();
      IntVector q = b.mul(inverse).add(zeroPoint).add(shift).reinterpretAsInts();
      p = p.max(least).min(most);
      q = q.max(least).min(most);
      FloatVector d = a.sub(p.reinterpretAsFloats().sub(shift).sub(zeroPoint).mul(scale));
      FloatVector e = b.sub(q.reinterpretAsFloats().sub(shift).sub(zeroPoint).mul(scale));
      IntVector codes = p.sub(least).or(q.sub(least).lanewise(VectorOperators.LSHL, bits));
      worst = worst.max(d.reinterpretAsInts().and(magnitude));
      worst = worst.max(e.reinterpretAsInts().and(magnitude));
      FloatVector sum = a.add(b);
      FloatVector squares = FloatVector.fromArray(FLOATS, block.squares, o);
      FloatVector cross = FloatVector.fromArray(FLOATS, block.cross, o);
      FloatVector errorSquares = FloatVector.fromArray(FLOATS, block.errorSquares, o);
      squares = squares.add(a.mul(a).add(b.mul(b)));
      cross = cross.add(a.mul(d).add(b.mul(e)));
      errorSquares = errorSquares.add(d.mul(d).add(e.mul(e)));

      a = IntVector.fromArray(INTS, planes[k + 2], o).reinterpretAsFloats();
      b = IntVector.fromArray(INTS, planes[k + 3], o).reinterpretAsFloats();
      p = a.mul(inverse).add(zeroPoint).add(shift).reinterpretAsInts();
      q = b.mul(inverse).add(zeroPoint).add(shift).reinterpretAsInts();
      p = p.max(least).min(most);
      q = q.max(least).min(most);
      d = a.sub(p.reinterpretAsFloats().sub(shift).sub(zeroPoint).mul(scale));
      e = b.sub(q.reinterpretAsFloats().sub(shift).sub(zeroPoint).mul(scale));
      codes = codes.or(p.sub(least).lanewise(VectorOperators.LSHL, 2 * bits));
      codes = codes.or(q.sub(least).lanewise(VectorOperators.LSHL, 3 * bits));
      codes.intoArray(packed, o);
      worst = worst.max(d.reinterpretAsInts().and(magnitude));
      worst = worst.max(e.reinterpretAsInts().and(magnitude));
      sum = FloatVector.fromArray(FLOATS, block.sum, o).add(sum.add(a.add(b)));
      sum.intoArray(block.sum, o);
      squares.add(a.mul(a).add(b.mul(b))).intoArray(block.squares, o);
      cross.add(a.mul(d).add(b.mul(e))).intoArray(block.cross, o);
      errorSquares.add(d.mul(d).add(e.mul(e))).intoArray(block.errorSquares, o);
    }
    return worst.reduceLanes(VectorOperators.MAX);
  }

  @Override
  public void fold(int[] sizes, int groups, Octets block) {
    fold(block.sum, sizes, groups, strands, block.groupSum);
    fold(block.squares, sizes, groups, strands, block.groupSquares);
    fold(block.cross, sizes, groups, strands, block.groupCross);
    fold(block.errorSquares, sizes, groups, strands, block.groupErrorSquares);
  }

  /** The four strands of {@link Rounding#fold} side by side. */
  private static void fold(
      float[] lanes, int[] sizes, int groups, double[] strands, double[] target) {
    int i = 0;
    for (int g = 0; g < groups; g++) {
      int end = i + sizes[g] / 8;
      DoubleVector sums = DoubleVector.zero(DoubleVector.SPECIES_256);
      for (; i + 4 <= end; i += 4) {
        FloatVector four = FloatVector.fromArray(FloatVector.SPECIES_128, lanes, i);
        sums = sums.add(four.convertShape(VectorOperators.F2D, DoubleVector.SPECIES_256, 0));
      }
      sums.intoArray(strands, 0);
      double a = strands[0];
      for (; i < end; i++) {
        a += lanes[i];
      }
      target[g] = a + strands[2] + (strands[1] + strands[3]);
    }
  }
}
