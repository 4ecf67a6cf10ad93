package io.arrowquant.arrow.parquet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.arrowquant.arrow.parquet.encoding.BitReader;
import io.arrowquant.arrow.parquet.reader.ModelReader;
import io.arrowquant.arrow.parquet.reader.StoredRowGroup;
import io.arrowquant.arrow.tensor.Float32Bits;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.IntVector;
import org.apache.arrow.vector.VarBinaryVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.complex.ListVector;
import org.apache.arrow.vector.ipc.ArrowReader;

/**
 * One row of the weights in plain arrays, floats by their bits; null where the row has null.
 *
 * @param key layer_id, layer_name, row, col_start, group_size
 */
public record StoredRow(
    List<Object> key, byte[] codes, int[] scales, int[] zeroPoints, int[] values, byte[] data) {

  public static void assertRows(List<StoredRow> expected, List<StoredRow> actual) {
    assertEquals(
        expected.stream().map(StoredRow::key).toList(),
        actual.stream().map(StoredRow::key).toList());
    for (int i = 0; i < expected.size(); i++) {
      StoredRow e = expected.get(i);
      StoredRow a = actual.get(i);
      String where = e.key().toString();
      assertArrayEquals(e.codes(), a.codes(), where);
      assertArrayEquals(e.scales(), a.scales(), where);
      assertArrayEquals(e.zeroPoints(), a.zeroPoints(), where);
      assertArrayEquals(e.values(), a.values(), where);
      assertArrayEquals(e.data(), a.data(), where);
    }
  }

  /** All rows of all batches. */
  public static List<StoredRow> scanned(ArrowReader reader) throws IOException {
    List<StoredRow> rows = new ArrayList<>();
    while (reader.loadNextBatch()) {
      VectorSchemaRoot root = reader.getVectorSchemaRoot();
      for (int i = 0; i < root.getRowCount(); i++) {
        IntVector groupSize = (IntVector) root.getVector("group_size");
        VarBinaryVector data = (VarBinaryVector) root.getVector("data");
        List<Object> key =
            Arrays.asList(
                ((IntVector) root.getVector("layer_id")).get(i),
                root.getVector("layer_name").getObject(i).toString(),
                ((BigIntVector) root.getVector("row")).get(i),
                ((BigIntVector) root.getVector("col_start")).get(i),
                groupSize.getObject(i));
        rows.add(
            new StoredRow(
                key,
                bytes(root.getVector("codes"), i),
                words(root.getVector("scales"), i),
                words(root.getVector("zero_points"), i),
                words(root.getVector("values"), i),
                data.isNull(i) ? null : data.get(i)));
      }
    }
    return rows;
  }

  private static byte[] bytes(FieldVector vector, int row) {
    ListVector list = (ListVector) vector;
    if (list.isNull(row)) {
      return null;
    }
    int start = list.getElementStartIndex(row);
    byte[] bytes = new byte[list.getElementEndIndex(row) - start];
    list.getDataVector().getDataBuffer().getBytes(start, bytes);
    return bytes;
  }

  private static int[] words(FieldVector vector, int row) {
    ListVector list = (ListVector) vector;
    if (list.isNull(row)) {
      return null;
    }
    int start = list.getElementStartIndex(row);
    int[] words = new int[list.getElementEndIndex(row) - start];
    for (int i = 0; i < words.length; i++) {
      words[i] = list.getDataVector().getDataBuffer().getInt((start + i) * 4L);
    }
    return words;
  }

  /** All rows of a model by the direct reader, in file order. */
  public static List<StoredRow> direct(ModelReader reader, BufferAllocator allocator) {
    List<StoredRow> rows = new ArrayList<>();
    for (ModelReader.RowGroupRef ref : reader.rowGroups()) {
      PageLayout layout = reader.layout(ref);
      if (reader.isQuantized(ref)) {
        try (StoredRowGroup group = reader.quantized(ref, layout)) {
          quantized(group, rows);
        }
      } else {
        try (ArrowBuf kept = reader.kept(ref, layout, allocator)) {
          kept(reader, layout, kept, rows);
        }
      }
    }
    return rows;
  }

  private static void quantized(StoredRowGroup group, List<StoredRow> rows) {
    int[] at = {0};
    for (int p = 0; p < group.layout().pages().size(); p++) {
      ArrowBuf packed = group.codes(p);
      BitReader codes = new BitReader(packed.nioBuffer(0, (int) packed.capacity()), group.bits());
      PieceCursor.walk(
          group.layout(),
          group.layout().pages().get(p),
          (runIndex, run, piece, columns) -> {
            byte[] signed = new byte[columns];
            for (int c = 0; c < columns; c++) {
              signed[c] = (byte) (codes.next() - (1 << group.bits() - 1));
            }
            int end = at[0] + (columns + run.groupSize() - 1) / run.groupSize();
            int[] scales = bits(group.scales(), at[0], end);
            int[] zeroPoints = bits(group.zeroPoints(), at[0], end);
            at[0] = end;
            rows.add(
                new StoredRow(
                    key(run, piece, run.groupSize()), signed, scales, zeroPoints, null, null));
          });
    }
  }

  private static int[] bits(float[] floats, int from, int to) {
    int[] bits = new int[to - from];
    for (int i = from; i < to; i++) {
      bits[i - from] = Float.floatToRawIntBits(floats[i]);
    }
    return bits;
  }

  private static void kept(
      ModelReader reader, PageLayout layout, ArrowBuf kept, List<StoredRow> rows) {
    ByteBuffer bytes = kept.nioBuffer(0, (int) kept.writerIndex()).order(ByteOrder.LITTLE_ENDIAN);
    for (PageLayout.Page page : layout.pages()) {
      PieceCursor.walk(
          layout,
          page,
          (runIndex, run, piece, columns) -> {
            var dtype = reader.layers().get(run.layerId()).dtype();
            byte[] data = new byte[(int) ((long) columns * dtype.bits() / 8)];
            bytes.get(data);
            int[] values = null;
            if (dtype.widensToFloat32()) {
              ByteBuffer patterns = ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN);
              values = new int[columns];
              for (int c = 0; c < columns; c++) {
                values[c] =
                    switch (dtype.bits()) {
                      case 8 -> Float32Bits.widen(dtype, patterns.get() & 0xff);
                      case 16 -> Float32Bits.widen(dtype, patterns.getShort() & 0xffff);
                      default -> patterns.getInt();
                    };
              }
            }
            rows.add(
                new StoredRow(
                    key(run, piece, null), null, null, null, values, values == null ? data : null));
          });
    }
  }

  private static List<Object> key(RowRun run, int piece, Integer groupSize) {
    int perRow = run.piecesPerRow();
    return Arrays.asList(
        run.layerId(),
        run.layerName(),
        run.firstRow() + piece / perRow,
        run.columnOfPiece(piece % perRow),
        groupSize);
  }
}
