package io.arrowquant.arrow.parquet.writer;

import io.arrowquant.arrow.parquet.PageLayout;
import io.arrowquant.arrow.parquet.PieceCursor;
import io.arrowquant.arrow.parquet.QuantizedBatch;
import io.arrowquant.arrow.parquet.WeightsSchema;
import io.arrowquant.arrow.parquet.encoding.BitWriter;
import io.arrowquant.arrow.parquet.encoding.HybridRuns;
import io.arrowquant.arrow.parquet.encoding.ListLevels;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.vector.Float4Vector;
import org.apache.arrow.vector.UInt1Vector;
import org.apache.parquet.column.Encoding;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;

/**
 * The columns of a quantized row: codes, scales, zero_points. Parquet's dictionary encoding is the
 * bit packing: the packed codes are the page's body as they are.
 */
final class CodeColumns {

  private CodeColumns() {}

  static List<EncodedColumn> of(QuantizedBatch batch) {
    List<EncodedColumn.Page> codes = new ArrayList<>();
    List<EncodedColumn.Page> scales = new ArrayList<>();
    List<EncodedColumn.Page> zeroPoints = new ArrayList<>();
    PageLayout layout = batch.layout();
    ArrowBuf packed = batch.codes().getDataBuffer();
    for (int p = 0; p < layout.pages().size(); p++) {
      PageLayout.Page page = layout.pages().get(p);
      ListLevels codeLevels = new ListLevels();
      ListLevels groupLevels = new ListLevels();
      PieceCursor.walk(
          layout,
          page,
          (runIndex, run, piece, columns) -> {
            codeLevels.addRow(columns);
            groupLevels.addRow((columns + run.groupSize() - 1) / run.groupSize());
          });
      int start = batch.codes().getStartOffset(p);
      int length = batch.codes().getEndOffset(p) - start;
      codes.add(indices(codeLevels, batch.bits(), packed.nioBuffer(start, length)));
      if (batch.hasCodebooks()) {
        scales.add(levels(groupLevels, batch.scaleIndices(), batch.scaleLevels(), page));
        zeroPoints.add(
            levels(groupLevels, batch.zeroPointIndices(), batch.zeroPointLevels(), page));
      } else {
        scales.add(plain(groupLevels, batch.scales(), page));
        zeroPoints.add(plain(groupLevels, batch.zeroPoints(), page));
      }
    }
    return List.of(
        column(WeightsSchema.CODES, codeDictionary(batch.bits()), codes),
        column(WeightsSchema.SCALES, levelDictionary(batch.scaleLevels()), scales),
        column(WeightsSchema.ZERO_POINTS, levelDictionary(batch.zeroPointLevels()), zeroPoints));
  }

  private static EncodedColumn column(
      String name, EncodedColumn.Dictionary dictionary, List<EncodedColumn.Page> pages) {
    return new EncodedColumn(name, CompressionCodecName.UNCOMPRESSED, dictionary, pages);
  }

  /** All 2^bits signed codes, the least first, so that the index is the unsigned code. */
  private static EncodedColumn.Dictionary codeDictionary(int bits) {
    int count = 1 << bits;
    ByteBuffer plain = ByteBuffer.allocate(count * 4).order(ByteOrder.LITTLE_ENDIAN);
    for (int u = 0; u < count; u++) {
      plain.putInt(u - count / 2);
    }
    return EncodedColumn.Dictionary.of(ByteBuffer.wrap(plain.array()), count);
  }

  private static EncodedColumn.Dictionary levelDictionary(Float4Vector levels) {
    if (levels == null) {
      return null;
    }
    int count = levels.getValueCount();
    ByteBuffer plain = levels.getDataBuffer().nioBuffer(0, count * 4);
    return EncodedColumn.Dictionary.of(plain, count);
  }

  private static EncodedColumn.Page levels(
      ListLevels lists, UInt1Vector indices, Float4Vector levels, PageLayout.Page page) {
    int width = HybridRuns.widthOf(levels.getValueCount());
    ArrowBuf source = indices.getDataBuffer();
    byte[] packed = new byte[(page.groups() + 7) / 8 * width];
    BitWriter sink = new BitWriter(packed, width);
    for (int g = 0; g < page.groups(); g++) {
      sink.put(source.getByte(page.firstGroup() + g) & 0xff);
    }
    sink.finish();
    return indices(lists, width, ByteBuffer.wrap(packed));
  }

  /** Indices packed already, as a dictionary-encoded page: width, one bit-packed run, the bytes. */
  private static EncodedColumn.Page indices(ListLevels lists, int width, ByteBuffer packed) {
    ByteArrayOutputStream head = new ByteArrayOutputStream(6);
    head.write(width);
    HybridRuns.writeVarint(head, (lists.values() + 7) / 8 << 1 | 1);
    if (packed.remaining() != (long) (lists.values() + 7) / 8 * width) {
      throw new IllegalStateException(
          "page of " + lists.values() + " codes has " + packed.remaining() + " packed bytes");
    }
    return page(
        lists, Encoding.RLE_DICTIONARY, List.of(ByteBuffer.wrap(head.toByteArray()), packed));
  }

  private static EncodedColumn.Page plain(
      ListLevels lists, Float4Vector values, PageLayout.Page page) {
    ByteBuffer plain = values.getDataBuffer().nioBuffer(page.firstGroup() * 4, page.groups() * 4);
    return page(lists, Encoding.PLAIN, List.of(plain));
  }

  private static EncodedColumn.Page page(
      ListLevels lists, Encoding encoding, List<ByteBuffer> body) {
    return EncodedColumn.Page.of(
        lists.rows(),
        0,
        lists.values(),
        lists.repetitionLevels(),
        lists.definitionLevels(),
        encoding,
        body,
        body.stream().mapToInt(ByteBuffer::remaining).sum(),
        null);
  }
}
