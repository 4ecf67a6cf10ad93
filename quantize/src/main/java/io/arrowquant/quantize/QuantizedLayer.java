package io.arrowquant.quantize;

import io.arrowquant.arrow.parquet.LayerRecord;
import io.arrowquant.arrow.parquet.PageLayout;
import io.arrowquant.arrow.parquet.RowRun;
import io.arrowquant.arrow.parquet.reader.ModelReader;
import io.arrowquant.arrow.parquet.reader.StoredRowGroup;
import io.arrowquant.arrow.tensor.Widening;
import io.arrowquant.core.InvalidModelException;
import io.arrowquant.core.QuotedName;
import io.arrowquant.core.UnsupportedDTypeException;
import io.arrowquant.core.safetensors.DType;
import io.arrowquant.quantize.kernel.RowGroupDecoder;
import io.arrowquant.quantize.multiply.PackedMatrix;
import io.arrowquant.quantize.plan.WeightScale;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.Float4Vector;

/**
 * One tensor of a {@link QuantizedModel}: a matrix of rows, in row groups of packed pages. Safe for
 * use by many threads.
 */
public final class QuantizedLayer {

  /** Hears of the parts of the layer that lie in a quantized row group. */
  @FunctionalInterface
  public interface PackedVisitor {
    /**
     * @param rows the row group, its packed codes in place; valid during the call
     * @param run which of its runs belongs to the layer
     */
    void rows(StoredRowGroup rows, int run);
  }

  private final ModelReader reader;
  private final LayerRecord layer;

  QuantizedLayer(ModelReader reader, LayerRecord layer) {
    this.reader = reader;
    this.layer = layer;
  }

  /** What the layer is, how it was quantized, and how good that is. */
  public LayerRecord record() {
    return layer;
  }

  /** The scales that a kept 8-bit floating-point layer's values mean to be multiplied with. */
  public Optional<WeightScale> keptScale() {
    return layer.quantization() == null ? KeptScales.of(reader, layer) : Optional.empty();
  }

  /**
   * Visits the packed codes, scales and zero points of a quantized layer in row order, in place in
   * the mapped files.
   *
   * @throws IllegalStateException if the layer is kept
   */
  public void forEachPacked(PackedVisitor visitor) {
    if (layer.quantization() == null) {
      throw new IllegalStateException(
          QuotedName.of(layer.name()) + " is kept (" + layer.keptReason() + "), not quantized");
    }
    for (ModelReader.RowGroupRef ref : reader.rowGroups(layer.layerId())) {
      PageLayout layout = reader.layout(ref);
      if (!hasRows(layout)) {
        continue;
      }
      try (StoredRowGroup rows = reader.quantized(ref, layout)) {
        for (int r = 0; r < layout.runs().size(); r++) {
          if (layout.runs().get(r).layerId() == layer.layerId()) {
            visitor.rows(rows, r);
          }
        }
      }
    }
  }

  /**
   * Gives the source's bytes of a kept layer in order, piece by piece.
   *
   * @param allocator for a row group at a time
   * @param sink takes each piece before the next is read
   * @throws IllegalStateException if the layer is quantized
   */
  public void forEachKept(BufferAllocator allocator, Consumer<ByteBuffer> sink) {
    if (layer.quantization() != null) {
      throw new IllegalStateException(QuotedName.of(layer.name()) + " is quantized, not kept");
    }
    int bits = layer.dtype().bits();
    for (ModelReader.RowGroupRef ref : reader.rowGroups(layer.layerId())) {
      PageLayout layout = reader.layout(ref);
      if (!hasRows(layout)) {
        continue;
      }
      try (ArrowBuf kept = reader.kept(ref, layout, allocator)) {
        long at = 0;
        for (RowRun run : layout.runs()) {
          long length = run.weights() * bits / 8;
          if (run.layerId() == layer.layerId()) {
            sink.accept(kept.nioBuffer(at, Math.toIntExact(length)));
          }
          at += length;
        }
      }
    }
  }

  /**
   * The layer held open for products with vectors, straight from its packed codes.
   *
   * @return owned by the caller
   * @throws IllegalStateException if the layer is kept
   */
  public PackedMatrix packed() {
    return PackedMatrix.open(reader, layer);
  }

  /**
   * The matrix times a vector, straight from the packed codes. Opens the layer for this one
   * product; for more, hold on to {@link #packed()}.
   *
   * @param x {@code columns} elements
   * @param y takes {@code rows} elements
   * @throws IllegalStateException if the layer is kept
   */
  public void multiply(float[] x, float[] y) {
    try (PackedMatrix matrix = packed()) {
      matrix.multiply(x, y);
    }
  }

  /**
   * Rows of the matrix as float32, one after the other.
   *
   * @param firstRow first row, from 0
   * @param rowCount how many
   * @return {@code rowCount * columns} values, owned by the caller
   * @throws IndexOutOfBoundsException if the layer has no such rows
   * @throws UnsupportedDTypeException if the layer is kept and its dtype has no float32 form
   */
  public Float4Vector dequantize(long firstRow, long rowCount, BufferAllocator allocator) {
    if (firstRow < 0 || rowCount < 0 || firstRow > layer.rows() - rowCount) {
      throw new IndexOutOfBoundsException(
          "rows "
              + firstRow
              + " to "
              + (firstRow + rowCount)
              + " of "
              + QuotedName.of(layer.name())
              + ", which has "
              + layer.rows());
    }
    int count = Math.toIntExact(rowCount * layer.columns());
    Float4Vector vector = new Float4Vector(layer.name(), allocator);
    try {
      vector.allocateNew(Math.max(1, count));
      ArrowBuf target = vector.getDataBuffer();
      long first = firstRow * layer.columns();
      if (layer.quantization() != null) {
        decode(first, count, target);
      } else {
        widen(first, count, target, allocator);
        try (KeptScales scales = new KeptScales(reader, allocator)) {
          int rows = Math.toIntExact(rowCount);
          scales.apply(layer, firstRow, 0, rows, Math.toIntExact(layer.columns()), target);
        }
      }
      setAllValid(vector, count);
      vector.setValueCount(count);
      return vector;
    } catch (RuntimeException | Error e) {
      vector.close();
      throw e;
    }
  }

  private static void setAllValid(Float4Vector vector, int count) {
    ArrowBuf validity = vector.getValidityBuffer();
    validity.setOne(0, (count + 7) / 8);
  }

  private void decode(long first, long count, ArrowBuf target) {
    RowGroupDecoder decoder = new RowGroupDecoder();
    FoundRanges found = new FoundRanges();
    forEachPacked(
        (rows, r) -> {
          RowRun run = rows.layout().runs().get(r);
          long start = startOf(run);
          long from = Math.max(first, start);
          long to = Math.min(first + count, start + run.weights());
          if (from < to) {
            ArrowBuf slice = target.slice((from - first) * Float.BYTES, (to - from) * Float.BYTES);
            decoder.decode(rows, rows.offsets().firstWeight(r) + from - start, to - from, slice);
            found.add(from, to);
          }
        });
    checkWhole(found, first, first + count);
  }

  /** What was not found would be whatever lay in memory. */
  private void checkWhole(FoundRanges found, long from, long to) {
    if (!found.make(from, to)) {
      throw new InvalidModelException(
          QuotedName.of(reader.path())
              + " does not hold each row of "
              + QuotedName.of(layer.name())
              + " once.");
    }
  }

  private void widen(long first, long count, ArrowBuf target, BufferAllocator allocator) {
    DType dtype = layer.dtype();
    if (!Widening.supports(dtype)) {
      throw new UnsupportedDTypeException(
          QuotedName.of(layer.name()) + " is kept as " + dtype + ", which has no float32 form.");
    }
    FoundRanges found = new FoundRanges();
    for (ModelReader.RowGroupRef ref : reader.rowGroups(layer.layerId())) {
      PageLayout layout = reader.layout(ref);
      if (!hasRows(layout)) {
        continue;
      }
      try (ArrowBuf kept = reader.kept(ref, layout, allocator)) {
        widen(layout.runs(), kept, first, count, target, found);
      }
    }
    checkWhole(found, first, first + count);
  }

  private void widen(
      List<RowRun> runs,
      ArrowBuf kept,
      long first,
      long count,
      ArrowBuf target,
      FoundRanges found) {
    int width = layer.dtype().bits() / 8;
    long at = 0;
    for (RowRun run : runs) {
      long start = startOf(run);
      long from = Math.max(first, start);
      long to = Math.min(first + count, start + run.weights());
      if (run.layerId() == layer.layerId() && from < to) {
        ArrowBuf source = kept.slice(at + (from - start) * width, (to - from) * width);
        Widening.widen(layer.dtype(), source, target, from - first, Math.toIntExact(to - from));
        found.add(from, to);
      }
      at += run.weights() * width;
    }
  }

  /** Row groups of other widths span this layer's number too. */
  private boolean hasRows(PageLayout layout) {
    return layout.runs().stream().anyMatch(run -> run.layerId() == layer.layerId());
  }

  /** Index of a run's first weight in the layer. */
  private long startOf(RowRun run) {
    return run.firstRow() * layer.columns() + run.firstColumn();
  }
}
