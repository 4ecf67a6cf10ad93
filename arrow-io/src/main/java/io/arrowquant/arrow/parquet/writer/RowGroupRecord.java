package io.arrowquant.arrow.parquet.writer;

import io.arrowquant.arrow.parquet.PageLayout;
import io.arrowquant.arrow.parquet.WeightsSchema;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.parquet.column.Encoding;
import org.apache.parquet.column.statistics.Statistics;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.schema.PrimitiveType;

/**
 * An encoded row group put aside and taken up again: a description, and the bytes of its pages one
 * after the other. Not a file format: read by the version that wrote it alone.
 */
public final class RowGroupRecord {

  private RowGroupRecord() {}

  /** Writes the description. */
  public static void describe(EncodedRowGroup group, DataOutput out) throws IOException {
    out.writeInt(group.columns().size());
    for (EncodedColumn column : group.columns()) {
      out.writeUTF(column.column());
      out.writeUTF(column.codec().name());
      EncodedColumn.Dictionary dictionary = column.dictionary();
      out.writeBoolean(dictionary != null);
      if (dictionary != null) {
        out.writeInt(dictionary.body().remaining());
        out.writeInt(dictionary.count());
        out.writeInt(dictionary.uncompressedSize());
        out.writeInt(dictionary.crc());
      }
      out.writeInt(column.pages().size());
      for (EncodedColumn.Page page : column.pages()) {
        describe(page, out);
      }
    }
  }

  private static void describe(EncodedColumn.Page page, DataOutput out) throws IOException {
    out.writeInt(page.version());
    out.writeInt(page.rows());
    out.writeInt(page.nulls());
    out.writeInt(page.values());
    out.writeInt(page.levels().remaining());
    out.writeInt(page.repetitionLength());
    out.writeUTF(page.encoding().name());
    out.writeInt(page.bodySize());
    out.writeInt(page.uncompressedSize());
    out.writeInt(page.crc());
    Statistics<?> statistics = page.statistics();
    out.writeBoolean(statistics != null);
    if (statistics != null) {
      out.writeLong(statistics.getNumNulls());
      out.writeBoolean(statistics.hasNonNullValue());
      if (statistics.hasNonNullValue()) {
        writeBytes(statistics.getMinBytes(), out);
        writeBytes(statistics.getMaxBytes(), out);
      }
    }
  }

  /** The pages' bytes in the order of the description; borrowed. */
  public static List<ByteBuffer> bytes(EncodedRowGroup group) {
    List<ByteBuffer> bytes = new ArrayList<>();
    for (EncodedColumn column : group.columns()) {
      if (column.dictionary() != null) {
        bytes.add(column.dictionary().body().duplicate());
      }
      for (EncodedColumn.Page page : column.pages()) {
        bytes.add(page.levels().duplicate());
        page.body().forEach(part -> bytes.add(part.duplicate()));
      }
    }
    return bytes;
  }

  /**
   * The row group again.
   *
   * @param in the description
   * @param bytes the pages' bytes, taken over
   */
  public static EncodedRowGroup read(PageLayout layout, DataInput in, ArrowBuf bytes)
      throws IOException {
    Cursor cursor = new Cursor(bytes);
    List<EncodedColumn> columns = new ArrayList<>();
    for (int c = in.readInt(); c > 0; c--) {
      String name = in.readUTF();
      CompressionCodecName codec = CompressionCodecName.valueOf(in.readUTF());
      EncodedColumn.Dictionary dictionary =
          in.readBoolean()
              ? new EncodedColumn.Dictionary(
                  cursor.take(in.readInt()), in.readInt(), in.readInt(), in.readInt())
              : null;
      PrimitiveType type = WeightsSchema.leaf(name).getPrimitiveType();
      List<EncodedColumn.Page> pages = new ArrayList<>();
      for (int p = in.readInt(); p > 0; p--) {
        pages.add(page(in, cursor, type));
      }
      columns.add(new EncodedColumn(name, codec, dictionary, pages));
    }
    return new EncodedRowGroup(layout, columns, List.of(bytes));
  }

  private static EncodedColumn.Page page(DataInput in, Cursor cursor, PrimitiveType type)
      throws IOException {
    int version = in.readInt();
    int rows = in.readInt();
    int nulls = in.readInt();
    int values = in.readInt();
    ByteBuffer levels = cursor.take(in.readInt());
    int repetitionLength = in.readInt();
    Encoding encoding = Encoding.valueOf(in.readUTF());
    ByteBuffer body = cursor.take(in.readInt());
    int uncompressedSize = in.readInt();
    int crc = in.readInt();
    Statistics<?> statistics = in.readBoolean() ? statistics(in, type) : null;
    return new EncodedColumn.Page(
        version,
        rows,
        nulls,
        values,
        levels,
        repetitionLength,
        encoding,
        List.of(body),
        uncompressedSize,
        statistics,
        crc);
  }

  private static Statistics<?> statistics(DataInput in, PrimitiveType type) throws IOException {
    Statistics.Builder builder = Statistics.getBuilderForReading(type).withNumNulls(in.readLong());
    if (in.readBoolean()) {
      builder.withMin(readBytes(in)).withMax(readBytes(in));
    }
    return builder.build();
  }

  private static void writeBytes(byte[] bytes, DataOutput out) throws IOException {
    out.writeInt(bytes.length);
    out.write(bytes);
  }

  private static byte[] readBytes(DataInput in) throws IOException {
    byte[] bytes = new byte[in.readInt()];
    in.readFully(bytes);
    return bytes;
  }

  /** Gives away a buffer's bytes from front to back. */
  private static final class Cursor {
    private final ArrowBuf bytes;
    private long position;

    Cursor(ArrowBuf bytes) {
      this.bytes = bytes;
    }

    ByteBuffer take(int length) {
      ByteBuffer taken = bytes.nioBuffer(position, length);
      position += length;
      return taken;
    }
  }
}
