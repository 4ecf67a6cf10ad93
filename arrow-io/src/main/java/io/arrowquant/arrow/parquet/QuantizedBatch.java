package io.arrowquant.arrow.parquet;

import java.util.List;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.Float4Vector;
import org.apache.arrow.vector.UInt1Vector;
import org.apache.arrow.vector.VarBinaryVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.types.pojo.Schema;

/**
 * The quantized rows of one row group, in the form the Parquet pages take them: Arrow vectors whose
 * buffers are the page bodies. Owns its vectors.
 *
 * <p>{@code pages} has one row per page of the layout, with {@code codes}, the packed unsigned
 * codes of the page ({@code bits} each, least significant bit first, padded with zero codes to a
 * multiple of eight). The unsigned code {@code u} stands for the signed code {@code u -
 * 2^(bits-1)}.
 *
 * <p>{@code groups} has one row per scale group in row order. With codebooks its columns {@code
 * scale} and {@code zero_point} are unsigned bytes, indices into {@code scaleLevels} and {@code
 * zeroPointLevels}; without, they are floats and the levels are null.
 */
public final class QuantizedBatch implements AutoCloseable {

  private final PageLayout layout;
  private final int bits;
  private final VectorSchemaRoot pages;
  private final VectorSchemaRoot groups;
  private final Float4Vector scaleLevels;
  private final Float4Vector zeroPointLevels;
  private final boolean compressible;

  /**
   * Takes over all vectors.
   *
   * @param compressible whether codes are to be compressed where that makes them smaller; readers
   *     then decompress them instead of reading them in place
   */
  public QuantizedBatch(
      PageLayout layout,
      int bits,
      VarBinaryVector codes,
      VectorSchemaRoot groups,
      Float4Vector scaleLevels,
      Float4Vector zeroPointLevels,
      boolean compressible) {
    this.layout = layout;
    this.bits = bits;
    this.pages =
        new VectorSchemaRoot(
            new Schema(List.of(codes.getField())), List.of(codes), codes.getValueCount());
    this.groups = groups;
    this.scaleLevels = scaleLevels;
    this.zeroPointLevels = zeroPointLevels;
    this.compressible = compressible;
  }

  /** Which rows the batch has, and where its pages begin. */
  public PageLayout layout() {
    return layout;
  }

  /** Bits per code: 2, 3, 4, 5, 6 or 8. */
  public int bits() {
    return bits;
  }

  /** Whether codes are to be compressed where that makes them smaller. */
  public boolean isCompressible() {
    return compressible;
  }

  /** One row per page: {@code codes}. */
  public VectorSchemaRoot pages() {
    return pages;
  }

  /** Packed codes, a page each; borrowed, as all vectors here. */
  public VarBinaryVector codes() {
    return (VarBinaryVector) pages.getVector(0);
  }

  /** One row per scale group: {@code scale}, {@code zero_point}. */
  public VectorSchemaRoot groups() {
    return groups;
  }

  /** Whether scales and zero points are indices into levels. */
  public boolean hasCodebooks() {
    return scaleLevels != null;
  }

  /** Indices into {@link #scaleLevels}, a group each; only with codebooks. */
  public UInt1Vector scaleIndices() {
    return (UInt1Vector) groups.getVector("scale");
  }

  /** Indices into {@link #zeroPointLevels}, a group each; only with codebooks. */
  public UInt1Vector zeroPointIndices() {
    return (UInt1Vector) groups.getVector("zero_point");
  }

  /** Scales, a group each; only without codebooks. */
  public Float4Vector scales() {
    return (Float4Vector) groups.getVector("scale");
  }

  /** Zero points in units of codes, a group each; only without codebooks. */
  public Float4Vector zeroPoints() {
    return (Float4Vector) groups.getVector("zero_point");
  }

  /** At most 256 distinct scales, ascending; null without codebooks. */
  public Float4Vector scaleLevels() {
    return scaleLevels;
  }

  /** At most 256 distinct zero points, ascending; null without codebooks. */
  public Float4Vector zeroPointLevels() {
    return zeroPointLevels;
  }

  /** Each group's scale as a reader sees it, in row order. */
  public float[] scaleValues() {
    return values("scale", scaleLevels);
  }

  /** Each group's zero point as a reader sees it, in row order. */
  public float[] zeroPointValues() {
    return values("zero_point", zeroPointLevels);
  }

  private float[] values(String column, Float4Vector levels) {
    float[] values = new float[groups.getRowCount()];
    FieldVector stored = groups.getVector(column);
    for (int g = 0; g < values.length; g++) {
      values[g] =
          levels == null
              ? ((Float4Vector) stored).get(g)
              : levels.get(((UInt1Vector) stored).get(g) & 0xff);
    }
    return values;
  }

  /** The packed codes of a page; borrowed. */
  public ArrowBuf packed(int page) {
    VarBinaryVector codes = codes();
    long start = codes.getStartOffset(page);
    return codes.getDataBuffer().slice(start, codes.getEndOffset(page) - start);
  }

  @Override
  public void close() {
    pages.close();
    groups.close();
    if (scaleLevels != null) {
      scaleLevels.close();
      zeroPointLevels.close();
    }
  }
}
