package io.arrowquant.quantize.fit;

import io.arrowquant.arrow.parquet.PageLayout;
import io.arrowquant.arrow.parquet.QuantizedBatch;
import io.arrowquant.quantize.kernel.Pack;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.BaseFixedWidthVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.Float4Vector;
import org.apache.arrow.vector.UInt1Vector;
import org.apache.arrow.vector.VarBinaryVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.types.FloatingPointPrecision;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.FieldType;

/**
 * Allocates the vectors of a {@link QuantizedBatch} and hands them over when they are filled; until
 * then it owns them and {@link #close} frees them.
 */
final class BatchBuilder implements AutoCloseable {

  private static final FieldType FLOAT =
      FieldType.notNullable(new ArrowType.FloatingPoint(FloatingPointPrecision.SINGLE));
  private static final FieldType UNSIGNED_BYTE = FieldType.notNullable(new ArrowType.Int(8, false));
  private static final FieldType BINARY = FieldType.notNullable(ArrowType.Binary.INSTANCE);

  private final PageLayout layout;
  private final int bits;
  private final boolean compressible;
  private final BufferAllocator allocator;
  private final List<FieldVector> owned = new ArrayList<>();
  private final VarBinaryVector codes;
  private VectorSchemaRoot groups;
  private Float4Vector scaleLevels;
  private Float4Vector zeroPointLevels;

  BatchBuilder(PageLayout layout, int bits, boolean compressible, BufferAllocator allocator) {
    this.layout = layout;
    this.bits = bits;
    this.compressible = compressible;
    this.allocator = allocator;
    this.codes = own(new VarBinaryVector(new Field("codes", BINARY, null), allocator));
    try {
      int pages = layout.pages().size();
      codes.allocateNew(layout.packedBytes(bits) + Pack.SLACK, pages);
      int end = 0;
      for (int p = 0; p < pages; p++) {
        end += layout.pages().get(p).packedBytes(bits);
        codes.getOffsetBuffer().setInt(4L * (p + 1), end);
        codes.setIndexDefined(p);
      }
      codes.getOffsetBuffer().setInt(0, 0);
      codes.setLastSet(pages - 1);
      codes.setValueCount(pages);
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  /** Where the packed codes go: the pages one after the other, with slack at the end. */
  long codes() {
    return codes.getDataBuffer().memoryAddress();
  }

  void putParameters(GroupParameters from) {
    int n = from.count();
    List<FieldVector> columns;
    if (from.hasCodebooks()) {
      columns =
          List.of(
              indices("scale", from.scaleBook(), n),
              indices("zero_point", from.zeroPointBook(), n));
      scaleLevels = floats("scale_levels", from.scaleBook().levels(), from.scaleBook().size());
      zeroPointLevels =
          floats("zero_point_levels", from.zeroPointBook().levels(), from.zeroPointBook().size());
    } else {
      columns =
          List.of(floats("scale", from.scales(), n), floats("zero_point", from.zeroPoints(), n));
    }
    groups = new VectorSchemaRoot(columns);
  }

  /** Hands everything over. */
  QuantizedBatch finish() {
    QuantizedBatch batch =
        new QuantizedBatch(layout, bits, codes, groups, scaleLevels, zeroPointLevels, compressible);
    owned.clear();
    return batch;
  }

  @Override
  public void close() {
    owned.forEach(FieldVector::close);
    owned.clear();
  }

  private Float4Vector floats(String name, float[] values, int n) {
    Float4Vector vector = own(new Float4Vector(new Field(name, FLOAT, null), allocator));
    allocate(vector, n);
    bytes(vector.getDataBuffer(), 4L * n).asFloatBuffer().put(values, 0, n);
    return vector;
  }

  private UInt1Vector indices(String name, Codebook book, int n) {
    UInt1Vector vector = own(new UInt1Vector(new Field(name, UNSIGNED_BYTE, null), allocator));
    allocate(vector, n);
    bytes(vector.getDataBuffer(), n).put(book.indices(), 0, n);
    return vector;
  }

  private static java.nio.ByteBuffer bytes(ArrowBuf buffer, long n) {
    return buffer.nioBuffer(0, Math.toIntExact(n)).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static void allocate(BaseFixedWidthVector vector, int n) {
    vector.allocateNew(n);
    vector.getValidityBuffer().setOne(0, vector.getValidityBuffer().capacity());
    vector.setValueCount(n);
  }

  private <V extends FieldVector> V own(V vector) {
    owned.add(vector);
    return vector;
  }
}
