package io.arrowquant.quantize.restore;

import io.arrowquant.arrow.parquet.LayerRecord;
import io.arrowquant.arrow.parquet.PageLayout;
import io.arrowquant.arrow.parquet.RowRun;
import io.arrowquant.arrow.parquet.reader.ModelReader;
import io.arrowquant.arrow.parquet.reader.StoredRowGroup;
import io.arrowquant.arrow.tensor.Narrowing;
import io.arrowquant.core.InvalidConfigException;
import io.arrowquant.core.QuotedName;
import io.arrowquant.core.safetensors.DType;
import io.arrowquant.quantize.kernel.RowGroupDecoder;
import java.nio.ByteBuffer;
import java.util.List;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;

/**
 * Decodes row groups and gives away the bytes of those tensors that are wanted. One instance per
 * thread.
 */
final class RowGroupRestorer {

  /** Weights decoded at a time, unless a row is wider. */
  private static final int CHUNK = 1 << 20;

  /** Takes bytes of a tensor; called from the restorer's thread. */
  @FunctionalInterface
  interface Target {
    /**
     * @param offset of the first byte in the tensor
     * @param bytes valid during the call
     */
    void write(RestoredTensor tensor, long offset, ByteBuffer bytes);
  }

  private final ModelReader reader;
  private final List<PageLayout> layouts;
  private final BufferAllocator memory;
  private final Target target;
  private final RowGroupDecoder decoder = new RowGroupDecoder();

  RowGroupRestorer(
      ModelReader reader, List<PageLayout> layouts, BufferAllocator memory, Target target) {
    this.reader = reader;
    this.layouts = layouts;
    this.memory = memory;
    this.target = target;
  }

  /**
   * Restores the rows of a row group.
   *
   * @param rowGroup its index
   * @param wanted by layer id; null for a layer that is not wanted
   * @return bytes given away
   */
  long restore(int rowGroup, RestoredTensor[] wanted) {
    ModelReader.RowGroupRef ref = reader.rowGroups().get(rowGroup);
    PageLayout layout = layouts.get(rowGroup);
    if (layout.runs().stream().noneMatch(run -> wanted[run.layerId()] != null)) {
      return 0;
    }
    return reader.isQuantized(ref)
        ? restoreQuantized(ref, layout, wanted)
        : restoreKept(ref, layout, wanted);
  }

  private long restoreKept(
      ModelReader.RowGroupRef ref, PageLayout layout, RestoredTensor[] wanted) {
    long given = 0;
    try (ArrowBuf kept = reader.kept(ref, layout, memory)) {
      long at = 0;
      for (RowRun run : layout.runs()) {
        int bits = reader.layers().get(run.layerId()).dtype().bits();
        int bytes = Math.toIntExact(run.weights() * bits / 8);
        RestoredTensor tensor = wanted[run.layerId()];
        if (tensor != null) {
          target.write(tensor, startOf(run, tensor) * bits / 8, kept.nioBuffer(at, bytes));
          given += bytes;
        }
        at += bytes;
      }
    }
    return given;
  }

  private long restoreQuantized(
      ModelReader.RowGroupRef ref, PageLayout layout, RestoredTensor[] wanted) {
    long given = 0;
    try (StoredRowGroup rows = reader.quantized(ref, layout)) {
      for (int r = 0; r < layout.runs().size(); r++) {
        RestoredTensor tensor = wanted[layout.runs().get(r).layerId()];
        if (tensor != null) {
          given += restoreRun(rows, r, tensor);
        }
      }
    }
    return given;
  }

  private long restoreRun(StoredRowGroup rows, int r, RestoredTensor tensor) {
    RowRun run = rows.layout().runs().get(r);
    int width = tensor.dtype().bits() / 8;
    int step = Math.max(1, CHUNK / run.columns());
    long first = startOf(run, tensor);
    boolean scaled = tensor.dtype() == tensor.layer().dtype();
    try (LayerScales scales =
        scaled ? LayerScales.of(reader, layouts, tensor.layer(), memory) : null) {
      for (int row = 0; row < run.rowCount(); row += step) {
        int count = Math.min(step, run.rowCount() - row);
        int weights = count * run.columns();
        long skipped = (long) row * run.columns();
        try (ArrowBuf decoded = memory.buffer((long) weights * Float.BYTES)) {
          decoder.decode(rows, rows.offsets().firstWeight(r) + skipped, weights, decoded);
          if (scales != null) {
            scales.divide(run.firstRow() + row, run.firstColumn(), count, run.columns(), decoded);
          }
          write(tensor, (first + skipped) * width, decoded, weights);
        }
      }
    }
    return run.weights() * width;
  }

  private void write(RestoredTensor tensor, long offset, ArrowBuf decoded, int weights) {
    DType dtype = tensor.dtype();
    if (dtype == DType.F32) {
      target.write(tensor, offset, decoded.nioBuffer(0, weights * Float.BYTES));
      return;
    }
    if (dtype != tensor.layer().dtype()) {
      checkRange(tensor, decoded, weights);
    }
    int bytes = weights * dtype.bits() / 8;
    try (ArrowBuf narrowed = memory.buffer(bytes)) {
      Narrowing.narrow(dtype, decoded, narrowed, weights);
      target.write(tensor, offset, narrowed.nioBuffer(0, bytes));
    }
  }

  /** A dtype that the user chose must hold the values; the source's own did. */
  private static void checkRange(RestoredTensor tensor, ArrowBuf decoded, int weights) {
    float largest = Narrowing.largest(tensor.dtype());
    for (int i = 0; i < weights; i++) {
      float value = decoded.getFloat((long) i * Float.BYTES);
      if (Math.abs(value) > largest && Float.isFinite(value)) {
        throw new InvalidConfigException(
            "Tensor "
                + QuotedName.of(tensor.layer().name())
                + " holds "
                + value
                + ", which is beyond "
                + tensor.dtype()
                + "; restore it as BF16 or F32.");
      }
    }
  }

  /** Index of a run's first weight in its tensor. */
  private static long startOf(RowRun run, RestoredTensor tensor) {
    LayerRecord layer = tensor.layer();
    return run.firstRow() * layer.columns() + run.firstColumn();
  }
}
