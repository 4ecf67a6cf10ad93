package io.arrowquant.quantize.multiply;

import io.arrowquant.quantize.kernel.PackedStrip;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.IntBuffer;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/** {@link PlainRows} in the Vector API, several rows side by side. */
final class VectorRows implements RowKernel {

  private static final VectorSpecies<Float> FLOATS =
      FloatVector.SPECIES_PREFERRED.length() > RowShape.LANES
          ? FloatVector.SPECIES_512
          : FloatVector.SPECIES_PREFERRED;
  static final VectorSpecies<Integer> INTS = FLOATS.withLanes(int.class);
  private static final int LENGTH = FLOATS.length();

  private final StripReader reader = new StripReader();
  private final int[] staged = new int[RowShape.BLOCK];
  private final IntBuffer[] copies = new IntBuffer[ROWS];
  private final Object[] copySources = new Object[ROWS];
  private final Object[] sources = new Object[ROWS];
  private final long[] offsets = new long[ROWS];
  private RowShape spreadOf;
  private VectorShuffle<Float> spread;
  private PackedStrip strip;
  private Object page;
  private final float[][] sums = new float[ROWS][RowShape.BLOCK];

  VectorRows() {
    for (int r = 0; r < ROWS; r++) {
      ByteBuffer bytes =
          ByteBuffer.allocateDirect(Integer.BYTES * RowShape.BLOCK).order(ByteOrder.LITTLE_ENDIAN);
      copies[r] = bytes.asIntBuffer();
      copySources[r] = NativeInts.of(bytes);
    }
  }

  @Override
  public void add(
      PackedStrip strip, long[] bits, int[] firstGroups, OperandBlock operand, float[][] lanes) {
    RowShape shape = operand.shape();
    int n = operand.length();
    locate(strip, bits, n);
    if (shape != spreadOf) {
      spreadOf = shape;
      spread = spread(shape);
    }
    sum(
        sources[0],
        offsets[0],
        sources[1],
        offsets[1],
        sources[2],
        offsets[2],
        sources[3],
        offsets[3],
        n,
        shape.fieldMasks(),
        shape.period(),
        operand.planes(),
        sums[0],
        sums[1],
        sums[2],
        sums[3]);
    for (int lane = 0; lane < RowShape.LANES; lane += LENGTH) {
      scale(sums, operand, lane, strip.scales(), firstGroups, lanes, spread);
    }
  }

  /** Finds the rows in the page, and copies those that do not lie there in whole integers. */
  @SuppressWarnings("ReferenceEquality") // the strip that was looked at last, not one like it
  private void locate(PackedStrip strip, long[] bits, int n) {
    if (strip != this.strip) {
      this.strip = strip;
      page = NativeInts.of(strip.page().nioBuffer(0, (int) strip.page().capacity()));
    }
    for (int r = 0; r < ROWS; r++) {
      if (StripReader.inPlace(strip, bits[r], n)) {
        sources[r] = page;
        offsets[r] = bits[r] / Byte.SIZE;
      } else {
        reader.read(strip, bits[r], n, staged);
        copies[r].put(0, staged, 0, n);
        sources[r] = copySources[r];
        offsets[r] = 0;
      }
    }
  }

  /**
   * From scales side by side to those of integers, where each vector begins with a group; or null.
   */
  private static VectorShuffle<Float> spread(RowShape shape) {
    int bits = shape.groupSize() * shape.bits();
    int ints = bits / Integer.SIZE;
    boolean regular = bits % Integer.SIZE == 0 && ints < LENGTH && LENGTH % ints == 0;
    return regular ? VectorShuffle.fromOp(FLOATS, i -> i / ints) : null;
  }

  @Override
  public void forget() {
    strip = null;
    page = null;
    Arrays.fill(sources, null);
  }

  private static void sum(
      Object a,
      long atA,
      Object b,
      long atB,
      Object c,
      long atC,
      Object d,
      long atD,
      int n,
      int[] masks,
      int period,
      float[] planes,
      float[] sumA,
      float[] sumB,
      float[] sumC,
      float[] sumD) {
    for (int i = 0, p = 0; i < n; i += LENGTH, p = p + LENGTH == period ? 0 : p + LENGTH) {
      IntVector va = flipped(a, atA + i * 4L);
      IntVector vb = flipped(b, atB + i * 4L);
      IntVector vc = flipped(c, atC + i * 4L);
      IntVector vd = flipped(d, atD + i * 4L);
      FloatVector sa = FloatVector.zero(FLOATS);
      FloatVector sb = FloatVector.zero(FLOATS);
      FloatVector sc = FloatVector.zero(FLOATS);
      FloatVector sd = FloatVector.zero(FLOATS);
      int m = p;
      for (int at = i; at < planes.length; at += n) {
        FloatVector x = FloatVector.fromArray(FLOATS, planes, at);
        IntVector mask = IntVector.fromArray(INTS, masks, m);
        m += RowShape.BLOCK;
        sa = sa.add(floats(va.and(mask)).mul(x));
        sb = sb.add(floats(vb.and(mask)).mul(x));
        sc = sc.add(floats(vc.and(mask)).mul(x));
        sd = sd.add(floats(vd.and(mask)).mul(x));
      }
      sa.intoArray(sumA, i);
      sb.intoArray(sumB, i);
      sc.intoArray(sumC, i);
      sd.intoArray(sumD, i);
    }
  }

  private static IntVector flipped(Object source, long offset) {
    return NativeInts.load(source, offset).lanewise(VectorOperators.XOR, Integer.MIN_VALUE);
  }

  private static FloatVector floats(IntVector ints) {
    return (FloatVector) ints.convertShape(VectorOperators.I2F, FLOATS, 0);
  }

  private static void scale(
      float[][] sums,
      OperandBlock operand,
      int lane,
      float[] scales,
      int[] firstGroups,
      float[][] lanes,
      VectorShuffle<Float> spread) {
    int[] groups = operand.groups();
    int first = operand.first();
    int n = operand.length();
    float[] sumA = sums[0];
    float[] sumB = sums[1];
    float[] sumC = sums[2];
    float[] sumD = sums[3];
    int a = firstGroups[0];
    int b = firstGroups[1];
    int c = firstGroups[2];
    int d = firstGroups[3];
    FloatVector totalA = FloatVector.fromArray(FLOATS, lanes[0], lane);
    FloatVector totalB = FloatVector.fromArray(FLOATS, lanes[1], lane);
    FloatVector totalC = FloatVector.fromArray(FLOATS, lanes[2], lane);
    FloatVector totalD = FloatVector.fromArray(FLOATS, lanes[3], lane);
    for (int i = lane; i < n; i += RowShape.LANES) {
      totalA =
          totalA.add(
              FloatVector.fromArray(FLOATS, sumA, i)
                  .mul(scale(scales, a, groups, first + i, spread)));
      totalB =
          totalB.add(
              FloatVector.fromArray(FLOATS, sumB, i)
                  .mul(scale(scales, b, groups, first + i, spread)));
      totalC =
          totalC.add(
              FloatVector.fromArray(FLOATS, sumC, i)
                  .mul(scale(scales, c, groups, first + i, spread)));
      totalD =
          totalD.add(
              FloatVector.fromArray(FLOATS, sumD, i)
                  .mul(scale(scales, d, groups, first + i, spread)));
    }
    totalA.intoArray(lanes[0], lane);
    totalB.intoArray(lanes[1], lane);
    totalC.intoArray(lanes[2], lane);
    totalD.intoArray(lanes[3], lane);
  }

  private static FloatVector scale(
      float[] scales, int firstGroup, int[] groups, int at, VectorShuffle<Float> spread) {
    int group = groups[at];
    int from = firstGroup + group;
    if (group == groups[at + LENGTH - 1]) {
      return FloatVector.broadcast(FLOATS, scales[from]);
    }
    return spread != null && from + LENGTH <= scales.length
        ? FloatVector.fromArray(FLOATS, scales, from).rearrange(spread)
        : FloatVector.fromArray(FLOATS, scales, firstGroup, groups, at);
  }
}
