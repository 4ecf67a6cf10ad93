package io.arrowquant.quantize.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.core.config.CodeLimits;
import io.arrowquant.core.safetensors.DType;
import io.arrowquant.quantize.measure.ErrorSums;
import java.util.Arrays;
import java.util.SplittableRandom;
import jdk.incubator.vector.FloatVector;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;

/** Octets, in plain loops and in the Vector API, give what single groups give, bit for bit. */
class EncodeProperties {

  private static final int[] WIDTHS =
      CodeLimits.BIT_WIDTHS.stream().mapToInt(bits -> bits).toArray();
  private static final DType[] DTYPES = {
    DType.F32, DType.BF16, DType.F16, DType.F64, DType.F8_E4M3
  };

  /** How far the contest of two twins is. */
  private enum Stage {
    PLAIN,
    TRIAL,
    NEAR,
    VECTOR
  }

  private static GroupTwins twins(Stage stage) {
    return new GroupTwins(contest(stage), contest(stage));
  }

  private static Contest contest(Stage stage) {
    Contest contest = new Contest(VectorApi.USABLE && stage != Stage.PLAIN);
    if (!VectorApi.USABLE || stage == Stage.PLAIN) {
      return contest;
    }
    while (!contest.due()) {}
    contest.plain(1000, 1);
    do {
      switch (stage) {
        case TRIAL -> contest.twin(1_000_000, 1);
        case NEAR -> contest.twin(2000, 1);
        default -> contest.twin(1, 1);
      }
    } while (stage == Stage.VECTOR && !contest.won());
    return contest;
  }

  @Example
  void theVectorApiIsTestedHere() {
    assertTrue(VectorApi.USABLE || FloatVector.SPECIES_PREFERRED.length() < 8);
  }

  @Property(tries = 400)
  void octetsAndGroupsAgree(
      @ForAll Stage stage,
      @ForAll @IntRange(max = 5) int width,
      @ForAll @IntRange(max = 4) int type,
      @ForAll @IntRange(max = 9) int offset,
      @ForAll long seed) {
    int bits = WIDTHS[width];
    DType dtype = DTYPES[type];
    SplittableRandom random = new SplittableRandom(seed);
    int[] sizes = new int[random.nextInt(1, 20)];
    float[] scales = new float[sizes.length + 1];
    float[] zeroPoints = new float[sizes.length + 1];
    int total = 0;
    for (int g = 0; g < sizes.length; g++) {
      sizes[g] = 8 * random.nextInt(1, 26);
      total += sizes[g];
      scales[g + 1] = random.nextFloat() + 0.01f;
      zeroPoints[g + 1] = random.nextFloat() * 4 - 2;
    }
    try (BufferAllocator allocator = new RootAllocator();
        ArrowBuf source = allocator.buffer(offset + 8L * total);
        ArrowBuf packed = allocator.buffer((long) total / 8 * bits + Pack.SLACK);
        ArrowBuf expected = allocator.buffer((long) total / 8 * bits + Pack.SLACK)) {
      fill(source, offset, dtype, total, random);
      long address = source.memoryAddress() + offset;
      Widen widen = new Widen();
      ErrorSums fast = new ErrorSums();
      new Encode(widen, twins(stage))
          .groups(
              dtype,
              address,
              sizes,
              sizes.length,
              scales,
              zeroPoints,
              1,
              bits,
              packed.memoryAddress(),
              fast);

      float[] weights = new float[Widen.STAGE];
      widen.toFloat(dtype, address, total, weights);
      ErrorSums slow = new ErrorSums();
      int[] codes = new int[total];
      int from = 0;
      for (int g = 0; g < sizes.length; g++) {
        new EncodeGroup()
            .group(
                weights, from, sizes[g], scales[g + 1], zeroPoints[g + 1], bits, codes, from, slow);
        from += sizes[g];
      }
      Pack.pack(codes, total, bits, expected.memoryAddress(), new byte[total]);
      byte[] a = new byte[total / 8 * bits];
      byte[] b = new byte[a.length];
      packed.getBytes(0, a);
      expected.getBytes(0, b);
      assertArrayEquals(b, a);
      assertEquals(slow.quality(), fast.quality());
      assertUnpacked(packed, bits, codes, random);
    }
  }

  private static void assertUnpacked(
      ArrowBuf packed, int bits, int[] codes, SplittableRandom random) {
    int first = random.nextInt(codes.length);
    int n = random.nextInt(codes.length - first + 1);
    byte[] target = new byte[n];
    Unpack.codes(packed.memoryAddress(), bits, first, n, target);
    for (int i = 0; i < n; i++) {
      assertEquals(codes[first + i] - (1 << (bits - 1)), target[i]);
    }
  }

  private static void fill(
      ArrowBuf source, int offset, DType dtype, int n, SplittableRandom random) {
    for (int i = 0; i < n; i++) {
      float value = random.nextFloat() * 12 - 6;
      switch (dtype) {
        case F32 -> source.setFloat(offset + 4L * i, value);
        case F64 -> source.setDouble(offset + 8L * i, value * 1.000000001);
        case BF16 -> source.setShort(offset + 2L * i, Float.floatToRawIntBits(value) >>> 16);
        // Any sign and mantissa, exponents up to 2.
        case F16 -> source.setShort(offset + 2L * i, random.nextInt() & 0xbfff);
        default -> source.setByte(offset + i, random.nextInt() & 0xbf);
      }
    }
  }

  @Property(tries = 100)
  void decodedAnywhereIsTheReadersFormula(@ForAll @IntRange(max = 5) int width, @ForAll long seed) {
    int bits = WIDTHS[width];
    SplittableRandom random = new SplittableRandom(seed);
    int rows = random.nextInt(1, 12);
    int columns = random.nextInt(1, 2000);
    int groupSize = random.nextInt(16, 1025);
    int perRow = (columns + groupSize - 1) / groupSize;
    int values = rows * columns;
    int[] codes = new int[(values + 7) / 8 * 8];
    for (int i = 0; i < values; i++) {
      codes[i] = random.nextInt(1 << bits);
    }
    float[] scales = new float[rows * perRow];
    float[] zeroPoints = new float[scales.length];
    for (int g = 0; g < scales.length; g++) {
      scales[g] = random.nextFloat();
      zeroPoints[g] = random.nextFloat() * 100 - 50;
    }
    int first = random.nextInt(values);
    int n = random.nextInt(values - first + 1);
    try (BufferAllocator allocator = new RootAllocator();
        ArrowBuf packed = allocator.buffer((long) codes.length / 8 * bits + Pack.SLACK);
        ArrowBuf target = allocator.buffer(4L * n + 4)) {
      Pack.pack(codes, codes.length, bits, packed.memoryAddress(), new byte[codes.length]);
      target.setFloat(4L * n, 42);
      int group = first / columns * perRow + first % columns / groupSize;
      new Decode()
          .toFloat(
              packed.memoryAddress(),
              bits,
              first,
              first % columns,
              columns,
              groupSize,
              scales,
              zeroPoints,
              group,
              n,
              target.memoryAddress());
      for (int i = 0; i < n; i++) {
        int at = first + i;
        int g = at / columns * perRow + at % columns / groupSize;
        int code = codes[at] - (1 << (bits - 1));
        assertEquals((code - zeroPoints[g]) * scales[g], target.getFloat(4L * i));
      }
      assertEquals(42, target.getFloat(4L * n));
    }
  }

  @Property(tries = 200)
  void rangesAreLeastAndGreatest(
      @ForAll Stage stage, @ForAll @IntRange(max = 4) int type, @ForAll long seed) {
    DType dtype = DTYPES[type];
    SplittableRandom random = new SplittableRandom(seed);
    int[] sizes = new int[random.nextInt(1, 9)];
    for (int g = 0; g < sizes.length; g++) {
      sizes[g] = random.nextBoolean() ? 2 * random.nextInt(1, 100) : random.nextInt(1, 200);
      if (stage != Stage.PLAIN) {
        sizes[g] = 64 * (1 + sizes[g] % 7);
      }
    }
    int total = Arrays.stream(sizes).sum();
    try (BufferAllocator allocator = new RootAllocator();
        ArrowBuf source = allocator.buffer(8L * total + 1)) {
      fill(source, 1, dtype, total, random);
      float[] weights = new float[Widen.STAGE];
      Widen widen = new Widen();
      widen.toFloat(dtype, source.memoryAddress() + 1, total, weights);
      float[] lo = new float[sizes.length + 2];
      float[] hi = new float[sizes.length + 2];
      new GroupRange(widen, twins(stage))
          .ranges(dtype, source.memoryAddress() + 1, sizes, sizes.length, lo, hi, 2);
      int at = 0;
      for (int g = 0; g < sizes.length; g++) {
        float least = Float.POSITIVE_INFINITY;
        float most = Float.NEGATIVE_INFINITY;
        for (int end = at + sizes[g]; at < end; at++) {
          least = Math.min(least, weights[at]);
          most = Math.max(most, weights[at]);
        }
        assertEquals(least, lo[g + 2]);
        assertEquals(most, hi[g + 2]);
      }
    }
  }
}
