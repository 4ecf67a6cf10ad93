package io.arrowquant.quantize;

import io.arrowquant.arrow.parquet.LayerRecord;
import io.arrowquant.arrow.parquet.PageLayout;
import io.arrowquant.arrow.parquet.PieceCursor;
import io.arrowquant.arrow.parquet.reader.ModelReader;
import io.arrowquant.arrow.parquet.reader.StoredRowGroup;
import io.arrowquant.arrow.tensor.RowBatch;
import io.arrowquant.arrow.tensor.Widening;
import io.arrowquant.quantize.kernel.RowGroupDecoder;
import java.io.IOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.ipc.ArrowReader;
import org.apache.arrow.vector.types.pojo.Schema;

/**
 * The rows of some layers of a model, decoded page by page in the order of the files, as {@link
 * RowBatch} has them. Row groups that have none of the layers are not read.
 */
final class DecodedRows extends ArrowReader {

  /** A piece of a row and where its weights are. */
  private record Piece(int run, int piece, int columns, long firstWeight) {}

  private final ModelReader model;
  private final KeptScales scales;
  private final BitSet layers;
  private final RowGroupDecoder decoder = new RowGroupDecoder();
  private int nextRowGroup;
  private int nextPage;
  private PageLayout layout;
  private StoredRowGroup quantized;
  private ArrowBuf kept;
  private long bytesRead;

  DecodedRows(ModelReader model, BitSet layers, BufferAllocator allocator) {
    super(allocator);
    this.model = model;
    this.scales = new KeptScales(model, allocator);
    this.layers = layers;
  }

  @Override
  public boolean loadNextBatch() throws IOException {
    prepareLoadNextBatch();
    while (layout != null || openNext()) {
      while (nextPage < layout.pages().size()) {
        List<Piece> pieces = wanted(layout.pages().get(nextPage++));
        if (!pieces.isEmpty()) {
          load(pieces);
          return true;
        }
      }
      closeRowGroup();
    }
    return false;
  }

  /** Opens the next row group that has rows of the layers. */
  private boolean openNext() {
    while (nextRowGroup < model.rowGroups().size()) {
      ModelReader.RowGroupRef ref = model.rowGroups().get(nextRowGroup++);
      int first = layers.nextSetBit(ref.firstLayer());
      if (first < 0 || first > ref.lastLayer()) {
        continue;
      }
      PageLayout candidate = model.layout(ref);
      if (candidate.runs().stream().noneMatch(run -> layers.get(run.layerId()))) {
        continue;
      }
      if (model.isQuantized(ref)) {
        quantized = model.quantized(ref, candidate);
      } else {
        kept = model.kept(ref, candidate, allocator);
      }
      layout = candidate;
      nextPage = 0;
      return true;
    }
    return false;
  }

  private List<Piece> wanted(PageLayout.Page page) {
    List<Piece> pieces = new ArrayList<>();
    long[] at = {page.firstValue()};
    PieceCursor.walk(
        layout,
        page,
        (runIndex, run, piece, columns) -> {
          if (layers.get(run.layerId())) {
            pieces.add(new Piece(runIndex, piece, columns, at[0]));
          }
          at[0] += columns;
        });
    return pieces;
  }

  private void load(List<Piece> pieces) throws IOException {
    RowBatch batch = new RowBatch(getVectorSchemaRoot(), pieces.size());
    try {
      for (Piece piece : pieces) {
        var run = layout.runs().get(piece.run());
        int perRow = run.piecesPerRow();
        batch.add(
            run.layerId(),
            run.layerName(),
            run.firstRow() + piece.piece() / perRow,
            run.columnOfPiece(piece.piece() % perRow),
            piece.columns());
      }
      try (ArrowBuf weights = allocator.buffer(Math.max(1, 4L * batch.values()))) {
        long at = 0;
        for (Piece piece : pieces) {
          decode(piece, weights.slice(at, 4L * piece.columns()));
          at += 4L * piece.columns();
        }
        weights.writerIndex(at);
        batch.finish(weights);
      }
    } catch (RuntimeException | Error e) {
      batch.abandon();
      throw e;
    }
    bytesRead += 4L * batch.values();
  }

  private void decode(Piece piece, ArrowBuf target) {
    if (quantized != null) {
      decoder.decode(quantized, piece.firstWeight(), piece.columns(), target);
      return;
    }
    var run = layout.runs().get(piece.run());
    LayerRecord layer = model.layers().get(run.layerId());
    int width = layer.dtype().bits() / 8;
    ArrowBuf source = kept.slice(piece.firstWeight() * width, (long) piece.columns() * width);
    Widening.widen(layer.dtype(), source, target, 0, piece.columns());
    int perRow = run.piecesPerRow();
    scales.apply(
        layer,
        run.firstRow() + piece.piece() / perRow,
        run.columnOfPiece(piece.piece() % perRow),
        1,
        piece.columns(),
        target);
  }

  private void closeRowGroup() {
    layout = null;
    if (quantized != null) {
      quantized.close();
      quantized = null;
    }
    if (kept != null) {
      kept.close();
      kept = null;
    }
  }

  @Override
  public long bytesRead() {
    return bytesRead;
  }

  @Override
  protected void closeReadSource() {
    closeRowGroup();
    scales.close();
  }

  @Override
  protected Schema readSchema() {
    return RowBatch.SCHEMA;
  }
}
