package io.arrowquant.quantize.pipeline;

import io.arrowquant.arrow.parquet.PageLayout;
import io.arrowquant.arrow.parquet.PieceCursor;
import io.arrowquant.arrow.parquet.QuantizedBatch;
import io.arrowquant.arrow.parquet.WeightsSchema;
import io.arrowquant.quantize.kernel.Unpack;
import java.nio.charset.StandardCharsets;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.Float4Vector;
import org.apache.arrow.vector.IntVector;
import org.apache.arrow.vector.TinyIntVector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.complex.ListVector;

/**
 * Rows of weights as Arrow vectors in the schema of the weights files: what a reader of those files
 * would see.
 */
final class WeightRows {

  private WeightRows() {}

  static VectorSchemaRoot empty(BufferAllocator allocator) {
    VectorSchemaRoot root = VectorSchemaRoot.create(WeightsSchema.ARROW, allocator);
    root.allocateNew();
    root.setRowCount(0);
    return root;
  }

  /** The rows of a batch, its codes unpacked. The batch stays the caller's. */
  static VectorSchemaRoot quantized(QuantizedBatch batch, BufferAllocator allocator) {
    VectorSchemaRoot root = empty(allocator);
    try {
      PageLayout layout = batch.layout();
      ListVector codes = list(root, WeightsSchema.CODES);
      ListVector scales = list(root, WeightsSchema.SCALES);
      ListVector zeroPoints = list(root, WeightsSchema.ZERO_POINTS);
      float[] scaleValues = batch.scaleValues();
      float[] zeroPointValues = batch.zeroPointValues();
      int row = 0;
      long group = 0;
      for (int p = 0; p < layout.pages().size(); p++) {
        PageLayout.Page page = layout.pages().get(p);
        byte[] unpacked = new byte[page.values()];
        long packed = batch.codes().getDataBufferAddress() + batch.codes().getStartOffset(p);
        Unpack.codes(packed, batch.bits(), 0, page.values(), unpacked);
        int firstRow = row;
        int[] at = {0, firstRow};
        long[] groupAt = {group};
        PieceCursor.walk(
            layout,
            page,
            (runIndex, run, piece, columns) -> {
              int groups = (columns + run.groupSize() - 1) / run.groupSize();
              addCodes(codes, at[1], unpacked, at[0], columns);
              addFloats(scales, at[1], scaleValues, groupAt[0], groups);
              addFloats(zeroPoints, at[1], zeroPointValues, groupAt[0], groups);
              at[0] += columns;
              at[1]++;
              groupAt[0] += groups;
            });
        row = at[1];
        group = groupAt[0];
      }
      codes.setValueCount(row);
      scales.setValueCount(row);
      zeroPoints.setValueCount(row);
      addKeys(root, layout);
      root.setRowCount(row);
      return root;
    } catch (RuntimeException | Error e) {
      root.close();
      throw e;
    }
  }

  /** Kept float32 rows, one run, from the start of a buffer that stays the caller's. */
  static VectorSchemaRoot kept(PageLayout layout, ArrowBuf source, BufferAllocator allocator) {
    VectorSchemaRoot root = empty(allocator);
    try {
      ListVector values = list(root, WeightsSchema.VALUES);
      int[] row = {0};
      long[] at = {0};
      for (PageLayout.Page page : layout.pages()) {
        PieceCursor.walk(
            layout,
            page,
            (runIndex, run, piece, columns) -> {
              int start = values.startNewValue(row[0]);
              Float4Vector child = (Float4Vector) values.getDataVector();
              for (int i = 0; i < columns; i++) {
                child.setSafe(start + i, source.getFloat(at[0] + 4L * i));
              }
              values.endValue(row[0], columns);
              at[0] += 4L * columns;
              row[0]++;
            });
      }
      values.setValueCount(row[0]);
      addKeys(root, layout);
      root.setRowCount(row[0]);
      return root;
    } catch (RuntimeException | Error e) {
      root.close();
      throw e;
    }
  }

  private static ListVector list(VectorSchemaRoot root, String column) {
    return (ListVector) root.getVector(column);
  }

  private static void addCodes(ListVector list, int row, byte[] codes, int from, int n) {
    int start = list.startNewValue(row);
    TinyIntVector child = (TinyIntVector) list.getDataVector();
    for (int i = 0; i < n; i++) {
      child.setSafe(start + i, codes[from + i]);
    }
    list.endValue(row, n);
  }

  private static void addFloats(ListVector list, int row, float[] values, long from, int n) {
    int start = list.startNewValue(row);
    Float4Vector child = (Float4Vector) list.getDataVector();
    for (int i = 0; i < n; i++) {
      child.setSafe(start + i, values[(int) from + i]);
    }
    list.endValue(row, n);
  }

  private static void addKeys(VectorSchemaRoot root, PageLayout layout) {
    IntVector ids = (IntVector) root.getVector(WeightsSchema.LAYER_ID);
    VarCharVector names = (VarCharVector) root.getVector(WeightsSchema.LAYER_NAME);
    BigIntVector rows = (BigIntVector) root.getVector(WeightsSchema.ROW);
    BigIntVector starts = (BigIntVector) root.getVector(WeightsSchema.COL_START);
    IntVector groupSizes = (IntVector) root.getVector(WeightsSchema.GROUP_SIZE);
    int[] row = {0};
    for (PageLayout.Page page : layout.pages()) {
      PieceCursor.walk(
          layout,
          page,
          (runIndex, run, piece, columns) -> {
            int perRow = run.piecesPerRow();
            ids.setSafe(row[0], run.layerId());
            names.setSafe(row[0], run.layerName().getBytes(StandardCharsets.UTF_8));
            rows.setSafe(row[0], run.firstRow() + piece / perRow);
            starts.setSafe(row[0], run.columnOfPiece(piece % perRow));
            if (run.groupSize() > 0) {
              groupSizes.setSafe(row[0], run.groupSize());
            }
            row[0]++;
          });
    }
  }
}
