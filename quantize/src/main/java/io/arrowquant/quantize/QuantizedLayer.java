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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
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

  /** What two threads find at once is the same. */
  private volatile List<ModelReader.RowGroup> rowGroups;

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
   * @throws InvalidModelException if rows are missing or come twice, or a page is damaged
   */
  public void forEachPacked(PackedVisitor visitor) {
    if (layer.quantization() == null) {
      throw new IllegalStateException(
          QuotedName.of(layer.name()) + " is kept (" + layer.keptReason() + "), not quantized");
    }
    forEachPacked(0, layer.parameters(), visitor);
  }

  private void forEachPacked(long first, long end, PackedVisitor visitor) {
    for (ModelReader.RowGroup rowGroup : rowGroups(first, end)) {
      PageLayout layout = rowGroup.layout();
      try (StoredRowGroup rows = reader.quantized(rowGroup.ref(), layout)) {
        for (int r = 0; r < layout.runs().size(); r++) {
          if (overlaps(layout.runs().get(r), first, end)) {
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
   * @throws InvalidModelException if rows are missing or come twice, or a page is damaged
   */
  public void forEachKept(BufferAllocator allocator, Consumer<ByteBuffer> sink) {
    if (layer.quantization() != null) {
      throw new IllegalStateException(QuotedName.of(layer.name()) + " is quantized, not kept");
    }
    forEachKept(
        0,
        layer.parameters(),
        allocator,
        (run, bytes) -> sink.accept(bytes.nioBuffer(0, Math.toIntExact(bytes.capacity()))));
  }

  private void forEachKept(
      long first, long end, BufferAllocator allocator, BiConsumer<RowRun, ArrowBuf> visitor) {
    int bits = layer.dtype().bits();
    for (ModelReader.RowGroup rowGroup : rowGroups(first, end)) {
      PageLayout layout = rowGroup.layout();
      Map<RowRun, Long> runs = new LinkedHashMap<>();
      long at = 0;
      long to = 0;
      for (RowRun run : layout.runs()) {
        if (overlaps(run, first, end)) {
          runs.put(run, at);
          to = at + run.weights();
        }
        at += run.weights();
      }
      // Hundreds of small layers may share a row group, so only their own pages are decoded.
      int page = layout.pageOf(runs.values().iterator().next());
      long before = layout.pages().get(page).firstValue();
      try (ArrowBuf kept =
          reader.kept(rowGroup.ref(), layout, page, layout.pageOf(to - 1) + 1, allocator)) {
        runs.forEach(
            (run, start) ->
                visitor.accept(
                    run, kept.slice((start - before) * bits / 8, run.weights() * bits / 8)));
      }
    }
  }

  /** The row groups that hold weights of {@code [first, end)}, in order. */
  private List<ModelReader.RowGroup> rowGroups(long first, long end) {
    List<ModelReader.RowGroup> all = rowGroups;
    if (all == null) {
      all = reader.rowGroupsOf(layer);
      rowGroups = all;
    }
    return all.stream()
        .filter(each -> each.layout().runs().stream().anyMatch(run -> overlaps(run, first, end)))
        .toList();
  }

  private boolean overlaps(RowRun run, long first, long end) {
    return run.layerId() == layer.layerId()
        && startOf(run) < end
        && first < startOf(run) + run.weights();
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
        decode(first, first + count, target);
      } else {
        widen(first, first + count, target, allocator);
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
    validity.setOne(0, (count + 7) / 8L);
  }

  private void decode(long first, long end, ArrowBuf target) {
    RowGroupDecoder decoder = new RowGroupDecoder();
    forEachPacked(
        first,
        end,
        (rows, r) -> {
          RowRun run = rows.layout().runs().get(r);
          long start = startOf(run);
          long from = Math.max(first, start);
          long to = Math.min(end, start + run.weights());
          ArrowBuf slice = target.slice((from - first) * Float.BYTES, (to - from) * Float.BYTES);
          decoder.decode(rows, rows.offsets().firstWeight(r) + from - start, to - from, slice);
        });
  }

  private void widen(long first, long end, ArrowBuf target, BufferAllocator allocator) {
    DType dtype = layer.dtype();
    if (!Widening.supports(dtype)) {
      throw new UnsupportedDTypeException(
          QuotedName.of(layer.name()) + " is kept as " + dtype + ", which has no float32 form.");
    }
    int width = dtype.bits() / 8;
    forEachKept(
        first,
        end,
        allocator,
        (run, bytes) -> {
          long start = startOf(run);
          long from = Math.max(first, start);
          long to = Math.min(end, start + run.weights());
          ArrowBuf source = bytes.slice((from - start) * width, (to - from) * width);
          Widening.widen(dtype, source, target, from - first, Math.toIntExact(to - from));
        });
  }

  /** Index of a run's first weight in the layer. */
  private long startOf(RowRun run) {
    return run.firstRow() * layer.columns() + run.firstColumn();
  }
}
