package io.arrowquant.quantize.diff;

import io.arrowquant.arrow.parquet.LayerRecord;
import io.arrowquant.arrow.parquet.PageLayout;
import io.arrowquant.arrow.parquet.RowRun;
import io.arrowquant.arrow.parquet.reader.ModelReader;
import io.arrowquant.arrow.parquet.reader.StoredRowGroup;
import io.arrowquant.core.safetensors.DType;
import io.arrowquant.quantize.kernel.RowGroupDecoder;
import java.util.List;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;

/** A layer's runs in order: kept ones whole, quantized ones decoded in chunks. */
final class StoredCursor implements TensorCursor {

  private static final int CHUNK = 1 << 20;

  private final ModelReader reader;
  private final List<PageLayout> layouts;
  private final LayerRecord layer;
  private final BufferAllocator memory;
  private final RowGroupDecoder decoder = new RowGroupDecoder();
  private int rowGroup = -1;
  private int run = -1;
  private long decodedOfRun;
  private StoredRowGroup rows;
  private ArrowBuf kept;
  private ArrowBuf piece;
  private long count;

  StoredCursor(
      ModelReader reader, List<PageLayout> layouts, LayerRecord layer, BufferAllocator memory) {
    this.reader = reader;
    this.layouts = layouts;
    this.layer = layer;
    this.memory = memory;
  }

  @Override
  public boolean next() {
    closePiece();
    if (rows == null || decodedOfRun == current().weights()) {
      if (!nextRun()) {
        return false;
      }
    }
    if (rows == null) {
      count = current().weights();
      long bytes = 0;
      for (int r = 0; r < run; r++) {
        bytes += sizeOf(layouts.get(rowGroup).runs().get(r));
      }
      piece = kept.slice(bytes, sizeOf(current()));
    } else {
      count = Math.min(CHUNK, current().weights() - decodedOfRun);
      piece = memory.buffer(count * Float.BYTES);
      decoder.decode(rows, rows.offsets().firstWeight(run) + decodedOfRun, count, piece);
      decodedOfRun += count;
    }
    return true;
  }

  private boolean nextRun() {
    do {
      run++;
      if (rowGroup < 0 || run == layouts.get(rowGroup).runs().size()) {
        run = -1;
        closeRowGroup();
        if (!nextRowGroup()) {
          return false;
        }
        run = 0;
      }
    } while (current().layerId() != layer.layerId());
    decodedOfRun = 0;
    return true;
  }

  private boolean nextRowGroup() {
    do {
      rowGroup++;
      if (rowGroup == layouts.size()) {
        return false;
      }
    } while (layouts.get(rowGroup).runs().stream()
        .noneMatch(each -> each.layerId() == layer.layerId()));
    ModelReader.RowGroupRef ref = reader.rowGroups().get(rowGroup);
    if (layer.quantization() != null) {
      rows = reader.quantized(ref, layouts.get(rowGroup));
    } else {
      kept = reader.kept(ref, layouts.get(rowGroup), memory);
    }
    return true;
  }

  private RowRun current() {
    return layouts.get(rowGroup).runs().get(run);
  }

  private long sizeOf(RowRun each) {
    return each.weights() * layer.dtype().bits() / 8;
  }

  @Override
  public DType dtype() {
    return layer.quantization() == null ? layer.dtype() : DType.F32;
  }

  @Override
  public long count() {
    return count;
  }

  @Override
  public ArrowBuf bytes() {
    return piece;
  }

  private void closePiece() {
    if (piece != null && rows != null) {
      piece.close();
    }
    piece = null;
  }

  private void closeRowGroup() {
    if (rows != null) {
      rows.close();
      rows = null;
    }
    if (kept != null) {
      kept.close();
      kept = null;
    }
  }

  @Override
  public void close() {
    closePiece();
    closeRowGroup();
  }
}
