package io.arrowquant.quantize.multiply;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.arrowquant.core.config.CodeLimits;
import io.arrowquant.quantize.kernel.PackedStrip;
import io.arrowquant.quantize.kernel.VectorApi;
import java.nio.ByteOrder;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.RootAllocator;

/** Pages of random codes, of any shape and from any bit on, against sums in float64. */
class RowProductsProperties {

  @Provide
  Arbitrary<Integer> widths() {
    return Arbitraries.of(CodeLimits.BIT_WIDTHS);
  }

  @Property(tries = 400)
  void bothKernelsGiveTheProductAndTheSameBits(
      @ForAll("widths") int bits,
      @ForAll @IntRange(min = 1, max = 9) int rows,
      @ForAll @IntRange(min = 1, max = 3000) int columns,
      @ForAll @IntRange(min = 1, max = 300) int groupSize,
      @ForAll @IntRange(max = 70) int firstCode,
      @ForAll @IntRange(min = 1, max = 3) int vectors,
      @ForAll long seed) {
    Random random = new Random(seed);
    int codes = firstCode + rows * columns;
    int bytes = (codes * bits + 7) / 8;
    try (RootAllocator allocator = new RootAllocator()) {
      try (ArrowBuf owner = allocator.buffer(bytes)) {
        ArrowBuf page = owner.slice(0, bytes);
        for (int i = 0; i < bytes; i++) {
          page.setByte(i, random.nextInt());
        }
        int groups = (columns + groupSize - 1) / groupSize;
        float[] scales = floats(random, rows * groups);
        float[] zeroPoints = floats(random, rows * groups);
        for (int g = 0; g < zeroPoints.length; g++) {
          scales[g] = Math.abs(scales[g]);
          zeroPoints[g] *= 1 << (bits - 1);
        }
        PackedStrip strip =
            new PackedStrip(
                page,
                page.nioBuffer(0, bytes).order(ByteOrder.LITTLE_ENDIAN).asIntBuffer(),
                bits,
                firstCode,
                0,
                rows,
                0,
                columns,
                groupSize,
                scales,
                zeroPoints,
                0);
        float[] x = floats(random, vectors * columns);
        Operand operand = new Operand(new RowShape(strip), x, columns, vectors, null);
        double[] plain = new double[rows * vectors];
        new RowProducts(new PlainRows(), null).add(strip, 0, rows, operand, plain, 0);
        check(strip, x, vectors, plain);
        if (VectorApi.USABLE) {
          double[] vector = new double[rows * vectors];
          new RowProducts(new VectorRows(), null).add(strip, 0, rows, operand, vector, 0);
          assertArrayEquals(plain, vector);
        }
      }
      assertEquals(0, allocator.getAllocatedMemory());
    }
  }

  private static void check(PackedStrip strip, float[] x, int vectors, double[] products) {
    int half = 1 << (strip.bits() - 1);
    for (int row = 0; row < strip.rowCount(); row++) {
      for (int v = 0; v < vectors; v++) {
        double exact = 0;
        double bound = 0;
        for (int c = 0; c < strip.columns(); c++) {
          int group = row * strip.groupsPerRow() + c / strip.groupSize();
          double scale = strip.scales()[group];
          double factor = x[v * strip.columns() + c];
          int code = code(strip, strip.firstCode() + row * strip.columns() + c) - half;
          exact += scale * (code - (double) strip.zeroPoints()[group]) * factor;
          bound += 0x1p-17 * scale * 2 * half * Math.abs(factor);
        }
        assertEquals(exact, products[row * vectors + v], bound, "row " + row);
      }
    }
  }

  /** Bit by bit. */
  private static int code(PackedStrip strip, int index) {
    int code = 0;
    for (int b = 0; b < strip.bits(); b++) {
      int bit = index * strip.bits() + b;
      code |= (strip.page().getByte(bit / 8) >> bit % 8 & 1) << b;
    }
    return code;
  }

  private static float[] floats(Random random, int n) {
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }
}
