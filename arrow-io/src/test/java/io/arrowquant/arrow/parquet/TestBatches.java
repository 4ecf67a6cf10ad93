package io.arrowquant.arrow.parquet;

import java.util.List;
import java.util.Random;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.Float4Vector;
import org.apache.arrow.vector.UInt1Vector;
import org.apache.arrow.vector.VarBinaryVector;
import org.apache.arrow.vector.VectorSchemaRoot;

/** Quantized batches with random content, and that content in plain arrays. */
public final class TestBatches {

  /**
   * A batch and what it means.
   *
   * @param codes signed code of every weight of the row group in order
   * @param scales scale of every group in order
   * @param zeroPoints zero point of every group in order
   */
  public record Known(QuantizedBatch batch, byte[] codes, float[] scales, float[] zeroPoints) {}

  private TestBatches() {}

  /** Codes are compressible, and compressed where that is worth it, if the seed is even. */
  public static Known random(
      PageLayout layout, int bits, boolean codebooks, long seed, BufferAllocator allocator) {
    boolean compressible = seed % 2 == 0;
    Random random = new Random(seed);
    byte[] codes = new byte[(int) layout.values()];
    VarBinaryVector packed = new VarBinaryVector("codes", allocator);
    packed.allocateNew(layout.packedBytes(bits), layout.pages().size());
    for (int p = 0; p < layout.pages().size(); p++) {
      PageLayout.Page page = layout.pages().get(p);
      byte[] body = new byte[page.packedBytes(bits)];
      for (int v = 0; v < page.values(); v++) {
        int u = random.nextInt(1 << bits) & (compressible ? random.nextInt(1 << bits) : -1);
        codes[(int) page.firstValue() + v] = (byte) (u - (1 << bits - 1));
        for (int b = 0; b < bits; b++) {
          int at = v * bits + b;
          body[at / 8] |= (byte) ((u >> b & 1) << at % 8);
        }
      }
      packed.set(p, body);
    }
    packed.setValueCount(layout.pages().size());
    int groups = (int) layout.groups();
    float[] scales = new float[groups];
    float[] zeroPoints = new float[groups];
    if (!codebooks) {
      Float4Vector scale = new Float4Vector("scale", allocator);
      Float4Vector zeroPoint = new Float4Vector("zero_point", allocator);
      scale.allocateNew(groups);
      zeroPoint.allocateNew(groups);
      for (int g = 0; g < groups; g++) {
        scales[g] = random.nextFloat();
        zeroPoints[g] = random.nextFloat() * 4 - 2;
        scale.set(g, scales[g]);
        zeroPoint.set(g, zeroPoints[g]);
      }
      VectorSchemaRoot root = root(groups, scale, zeroPoint);
      return new Known(
          new QuantizedBatch(layout, bits, packed, root, null, null, compressible),
          codes,
          scales,
          zeroPoints);
    }
    Float4Vector scaleLevels = levels(1 + random.nextInt(256), random, allocator);
    Float4Vector zeroPointLevels = levels(1 + random.nextInt(256), random, allocator);
    UInt1Vector scale = new UInt1Vector("scale", allocator);
    UInt1Vector zeroPoint = new UInt1Vector("zero_point", allocator);
    scale.allocateNew(groups);
    zeroPoint.allocateNew(groups);
    for (int g = 0; g < groups; g++) {
      int s = random.nextInt(scaleLevels.getValueCount());
      int z = random.nextInt(zeroPointLevels.getValueCount());
      scale.set(g, s);
      zeroPoint.set(g, z);
      scales[g] = scaleLevels.get(s);
      zeroPoints[g] = zeroPointLevels.get(z);
    }
    VectorSchemaRoot root = root(groups, scale, zeroPoint);
    return new Known(
        new QuantizedBatch(layout, bits, packed, root, scaleLevels, zeroPointLevels, compressible),
        codes,
        scales,
        zeroPoints);
  }

  private static VectorSchemaRoot root(
      int count,
      org.apache.arrow.vector.FieldVector scale,
      org.apache.arrow.vector.FieldVector zeroPoint) {
    scale.setValueCount(count);
    zeroPoint.setValueCount(count);
    return new VectorSchemaRoot(List.of(scale, zeroPoint));
  }

  private static Float4Vector levels(int count, Random random, BufferAllocator allocator) {
    Float4Vector levels = new Float4Vector("levels", allocator);
    levels.allocateNew(count);
    for (int i = 0; i < count; i++) {
      levels.set(i, i + random.nextFloat());
    }
    levels.setValueCount(count);
    return levels;
  }

  /** Bytes as an Arrow buffer. */
  public static ArrowBuf buffer(byte[] bytes, BufferAllocator allocator) {
    ArrowBuf buffer = allocator.buffer(Math.max(1, bytes.length));
    buffer.writeBytes(bytes);
    return buffer;
  }
}
