package io.arrowquant.arrow.parquet.writer;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import io.arrowquant.arrow.parquet.KeptBatch;
import io.arrowquant.arrow.parquet.PageLayout;
import io.arrowquant.arrow.parquet.PieceCursor;
import io.arrowquant.arrow.parquet.RowRun;
import io.arrowquant.arrow.parquet.WeightsSchema;
import io.arrowquant.arrow.parquet.encoding.BitWriter;
import io.arrowquant.arrow.parquet.encoding.HybridRuns;
import io.arrowquant.arrow.parquet.encoding.ListLevels;
import io.arrowquant.arrow.tensor.Float32Bits;
import io.arrowquant.core.safetensors.DType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.parquet.column.Encoding;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;

/**
 * The column of a kept row: {@code values} where float32 holds the dtype exactly, {@code data}
 * elsewhere. Values of at most 16 bits are dictionary-encoded where that is smaller than ZSTD; the
 * entries are told apart by their bits, so -0 and NaN payloads come back.
 */
final class KeptColumns {

  private final KeptBatch batch;
  private final BufferAllocator allocator;
  private final List<AutoCloseable> owned;
  private final ZstdCompressCtx zstd;

  /**
   * @param allocator for compressed pages
   * @param owned takes the buffers that the pages refer to
   * @param zstd borrowed
   */
  KeptColumns(
      KeptBatch batch, BufferAllocator allocator, List<AutoCloseable> owned, ZstdCompressCtx zstd) {
    this.batch = batch;
    this.allocator = allocator;
    this.owned = owned;
    this.zstd = zstd;
  }

  /** Hears of the parts of a page that lie together in a run's bytes. */
  @FunctionalInterface
  private interface Range {
    void of(ArrowBuf bytes, long firstElement, int elements);
  }

  EncodedColumn values() {
    List<PageLayout.Page> pages = batch.layout().pages();
    EncodedColumn.Page first = plainValues(pages.get(0));
    if (batch.dtype().bits() <= 16) {
      int[] index = index();
      int entries = count(index);
      int width = HybridRuns.widthOf(entries);
      long total = batch.layout().values();
      double asDictionary = entries * 4.0 + total * width / 8.0;
      double asZstd = (double) first.bodySize() * total / Math.max(1, first.values());
      if (asDictionary <= asZstd) {
        return new EncodedColumn(
            WeightsSchema.VALUES,
            CompressionCodecName.UNCOMPRESSED,
            dictionary(index, entries),
            pages.stream().map(page -> indexedValues(page, index, width)).toList());
      }
    }
    List<EncodedColumn.Page> encoded = new ArrayList<>(List.of(first));
    pages.stream().skip(1).map(this::plainValues).forEach(encoded::add);
    return new EncodedColumn(WeightsSchema.VALUES, CompressionCodecName.ZSTD, null, encoded);
  }

  EncodedColumn data() {
    return new EncodedColumn(
        WeightsSchema.DATA,
        CompressionCodecName.ZSTD,
        null,
        batch.layout().pages().stream().map(this::rawData).toList());
  }

  /** For each bit pattern of the dtype: its index among those that occur, or -1. */
  private int[] index() {
    boolean[] seen = new boolean[1 << batch.dtype().bits()];
    for (PageLayout.Page page : batch.layout().pages()) {
      forEachRange(
          page,
          (bytes, firstElement, elements) -> {
            for (long e = firstElement; e < firstElement + elements; e++) {
              seen[pattern(bytes, e)] = true;
            }
          });
    }
    int[] index = new int[seen.length];
    int next = 0;
    for (int p = 0; p < seen.length; p++) {
      index[p] = seen[p] ? next++ : -1;
    }
    return index;
  }

  private static int count(int[] index) {
    int count = 0;
    for (int i : index) {
      count = Math.max(count, i + 1);
    }
    return count;
  }

  private EncodedColumn.Dictionary dictionary(int[] index, int entries) {
    ByteBuffer plain = ByteBuffer.allocate(entries * 4).order(ByteOrder.LITTLE_ENDIAN);
    for (int p = 0; p < index.length; p++) {
      if (index[p] >= 0) {
        plain.putInt(Float32Bits.widen(batch.dtype(), p));
      }
    }
    return EncodedColumn.Dictionary.of(ByteBuffer.wrap(plain.array()), entries);
  }

  private EncodedColumn.Page indexedValues(PageLayout.Page page, int[] index, int width) {
    byte[] head = HybridRuns.packedHead(width, page.values());
    byte[] packed = new byte[(page.values() + 7) / 8 * width];
    BitWriter sink = new BitWriter(packed, width);
    forEachRange(
        page,
        (bytes, firstElement, elements) -> {
          for (long e = firstElement; e < firstElement + elements; e++) {
            sink.put(index[pattern(bytes, e)]);
          }
        });
    sink.finish();
    return page(
        page,
        Encoding.RLE_DICTIONARY,
        List.of(ByteBuffer.wrap(head), ByteBuffer.wrap(packed)),
        head.length + packed.length);
  }

  private EncodedColumn.Page plainValues(PageLayout.Page page) {
    int size = page.values() * 4;
    try (ArrowBuf plain = allocator.buffer(size)) {
      forEachRange(page, (bytes, first, elements) -> widen(bytes, first, elements, plain));
      return page(page, Encoding.PLAIN, List.of(compressed(plain.nioBuffer(0, size))), size);
    }
  }

  private void widen(ArrowBuf bytes, long firstElement, int elements, ArrowBuf to) {
    if (batch.dtype() == DType.F32) {
      to.setBytes(to.writerIndex(), bytes, firstElement * 4, elements * 4L);
      to.writerIndex(to.writerIndex() + elements * 4L);
      return;
    }
    for (long e = firstElement; e < firstElement + elements; e++) {
      to.writeInt(Float32Bits.widen(batch.dtype(), pattern(bytes, e)));
    }
  }

  private int pattern(ArrowBuf bytes, long element) {
    return batch.dtype().bits() == 8
        ? bytes.getByte(element) & 0xff
        : bytes.getShort(element * 2) & 0xffff;
  }

  /** Each piece of a row is one binary value: its length, then the source's bytes. */
  private EncodedColumn.Page rawData(PageLayout.Page page) {
    int bits = batch.dtype().bits();
    int size = Math.toIntExact((long) page.values() * bits / 8 + page.pieces() * 4L);
    try (ArrowBuf plain = allocator.buffer(Math.max(1, size))) {
      PieceCursor.walk(
          batch.layout(),
          page,
          (runIndex, run, piece, columns) -> {
            int length = Math.toIntExact((long) columns * bits / 8);
            plain.writeInt(length);
            long at = firstElement(run, piece) * bits / 8;
            plain.setBytes(plain.writerIndex(), batch.bytes().get(runIndex), at, length);
            plain.writerIndex(plain.writerIndex() + length);
          });
      HybridRuns present = new HybridRuns(1);
      present.add(1, page.pieces());
      return EncodedColumn.Page.of(
          page.pieces(),
          0,
          page.pieces(),
          new byte[0],
          present.encode(),
          Encoding.PLAIN,
          List.of(compressed(plain.nioBuffer(0, size))),
          size,
          null);
    }
  }

  private ByteBuffer compressed(ByteBuffer plain) {
    long bound = Zstd.compressBound(plain.remaining());
    ArrowBuf to = allocator.buffer(bound);
    owned.add(to);
    ByteBuffer target = to.nioBuffer(0, Math.toIntExact(bound));
    int size = zstd.compress(target, plain);
    return to.nioBuffer(0, size);
  }

  private EncodedColumn.Page page(
      PageLayout.Page page, Encoding encoding, List<ByteBuffer> body, int uncompressedSize) {
    ListLevels levels = new ListLevels();
    PieceCursor.walk(
        batch.layout(), page, (runIndex, run, piece, columns) -> levels.addRow(columns));
    return EncodedColumn.Page.of(
        levels.rows(),
        0,
        levels.values(),
        levels.repetitionLevels(),
        levels.definitionLevels(),
        encoding,
        body,
        uncompressedSize,
        null);
  }

  private void forEachRange(PageLayout.Page page, Range range) {
    PieceCursor.walk(
        batch.layout(),
        page,
        (runIndex, run, piece, columns) ->
            range.of(batch.bytes().get(runIndex), firstElement(run, piece), columns));
  }

  private static long firstElement(RowRun run, int piece) {
    int perRow = run.piecesPerRow();
    return (long) (piece / perRow) * run.columns() + (long) (piece % perRow) * run.pieceColumns();
  }
}
