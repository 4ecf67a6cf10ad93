package io.arrowquant.arrow.parquet.writer;

import com.github.luben.zstd.ZstdCompressCtx;
import io.arrowquant.arrow.parquet.PageLayout;
import io.arrowquant.arrow.parquet.PieceCursor;
import io.arrowquant.arrow.parquet.QuantizedBatch;
import io.arrowquant.arrow.parquet.WeightsSchema;
import io.arrowquant.arrow.parquet.encoding.BitWriter;
import io.arrowquant.arrow.parquet.encoding.HybridRuns;
import io.arrowquant.arrow.parquet.encoding.ListLevels;
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
 * bit packing: the packed codes are the page's body as they are, unless they are compressed.
 */
final class CodeColumns {

  private CodeColumns() {}

  /**
   * @param zstd borrowed
   */
  static List<EncodedColumn> of(QuantizedBatch batch, ZstdCompressCtx zstd) {
    List<EncodedColumn.Page> codes = new ArrayList<>();
    List<ListLevels> groupLists = new ArrayList<>();
    PageLayout layout = batch.layout();
    ArrowBuf packed = batch.codes().getDataBuffer();
    for (int p = 0; p < layout.pages().size(); p++) {
      ListLevels codeLists = new ListLevels();
      ListLevels groups = new ListLevels();
      PieceCursor.walk(
          layout,
          layout.pages().get(p),
          (runIndex, run, piece, columns) -> {
            codeLists.addRow(columns);
            groups.addRow((columns + run.groupSize() - 1) / run.groupSize());
          });
      int start = batch.codes().getStartOffset(p);
      int length = batch.codes().getEndOffset(p) - start;
      codes.add(indices(codeLists, batch.bits(), packed.nioBuffer(start, length)));
      groupLists.add(groups);
    }
    EncodedColumn.Dictionary dictionary = codeDictionary(batch.bits());
    EncodedColumn inPlace =
        new EncodedColumn(
            WeightsSchema.CODES, CompressionCodecName.UNCOMPRESSED, dictionary, codes);
    return List.of(
        batch.isCompressible() ? inPlace.compressedIfMuchSmaller(zstd) : inPlace,
        batch.hasCodebooks()
            ? levels(
                WeightsSchema.SCALES,
                layout,
                groupLists,
                batch.scaleIndices(),
                batch.scaleLevels(),
                zstd)
            : plain(WeightsSchema.SCALES, layout, groupLists, batch.scales(), zstd),
        batch.hasCodebooks()
            ? levels(
                WeightsSchema.ZERO_POINTS,
                layout,
                groupLists,
                batch.zeroPointIndices(),
                batch.zeroPointLevels(),
                zstd)
            : plain(WeightsSchema.ZERO_POINTS, layout, groupLists, batch.zeroPoints(), zstd));
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

  /**
   * Indices in as few bits as they need, or a byte each where ZSTD, which looks at bytes, then
   * makes less of them.
   */
  private static EncodedColumn levels(
      String name,
      PageLayout layout,
      List<ListLevels> lists,
      UInt1Vector indices,
      Float4Vector levels,
      ZstdCompressCtx zstd) {
    int count = levels.getValueCount();
    EncodedColumn.Dictionary dictionary =
        EncodedColumn.Dictionary.of(levels.getDataBuffer().nioBuffer(0, count * 4), count);
    int width = HybridRuns.widthOf(count);
    EncodedColumn narrow =
        levels(name, layout, lists, indices, dictionary, width).compressedIfSmaller(zstd);
    if (width == 8) {
      return narrow;
    }
    EncodedColumn bytes =
        levels(name, layout, lists, indices, dictionary, 8).compressedIfSmaller(zstd);
    return bytes.size() < narrow.size() ? bytes : narrow;
  }

  private static EncodedColumn levels(
      String name,
      PageLayout layout,
      List<ListLevels> lists,
      UInt1Vector indices,
      EncodedColumn.Dictionary dictionary,
      int width) {
    ArrowBuf source = indices.getDataBuffer();
    List<EncodedColumn.Page> pages = new ArrayList<>();
    for (int p = 0; p < lists.size(); p++) {
      PageLayout.Page page = layout.pages().get(p);
      byte[] packed = new byte[(page.groups() + 7) / 8 * width];
      BitWriter sink = new BitWriter(packed, width);
      for (int g = 0; g < page.groups(); g++) {
        sink.put(source.getByte(page.firstGroup() + g) & 0xff);
      }
      sink.finish();
      pages.add(indices(lists.get(p), width, ByteBuffer.wrap(packed)));
    }
    return new EncodedColumn(name, CompressionCodecName.UNCOMPRESSED, dictionary, pages);
  }

  private static EncodedColumn plain(
      String name,
      PageLayout layout,
      List<ListLevels> lists,
      Float4Vector values,
      ZstdCompressCtx zstd) {
    List<EncodedColumn.Page> pages = new ArrayList<>();
    for (int p = 0; p < lists.size(); p++) {
      PageLayout.Page page = layout.pages().get(p);
      ByteBuffer plain = values.getDataBuffer().nioBuffer(page.firstGroup() * 4, page.groups() * 4);
      pages.add(page(lists.get(p), Encoding.PLAIN, List.of(plain)));
    }
    return new EncodedColumn(name, CompressionCodecName.UNCOMPRESSED, null, pages)
        .compressedIfSmaller(zstd);
  }

  /** Indices packed already, as a dictionary-encoded page: width, one bit-packed run, the bytes. */
  private static EncodedColumn.Page indices(ListLevels lists, int width, ByteBuffer packed) {
    ByteBuffer head = ByteBuffer.wrap(HybridRuns.packedHead(width, lists.values()));
    if (packed.remaining() != (long) (lists.values() + 7) / 8 * width) {
      throw new IllegalStateException(
          "page of " + lists.values() + " codes has " + packed.remaining() + " packed bytes");
    }
    return page(lists, Encoding.RLE_DICTIONARY, List.of(head, packed));
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
