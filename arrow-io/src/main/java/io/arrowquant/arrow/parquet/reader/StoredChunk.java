package io.arrowquant.arrow.parquet.reader;

import com.github.luben.zstd.Zstd;
import io.arrowquant.arrow.source.MappedBytes;
import io.arrowquant.core.InvalidModelException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.parquet.bytes.ByteBufferInputStream;
import org.apache.parquet.format.DataPageHeader;
import org.apache.parquet.format.DataPageHeaderV2;
import org.apache.parquet.format.PageHeader;
import org.apache.parquet.format.PageType;
import org.apache.parquet.format.Util;
import org.apache.parquet.hadoop.metadata.ColumnChunkMetaData;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;

/**
 * The pages of one column chunk, each checked against its CRC. Owns the chunk's bytes; whatever it
 * hands out refers to them and is valid until it is closed.
 */
final class StoredChunk implements AutoCloseable {

  private final String where;
  private final CompressionCodecName codec;
  private final ArrowBuf bytes;
  private final StoredPage dictionary;
  private final List<StoredPage> pages;

  private StoredChunk(
      String where,
      CompressionCodecName codec,
      ArrowBuf bytes,
      StoredPage dictionary,
      List<StoredPage> pages) {
    this.where = where;
    this.codec = codec;
    this.bytes = bytes;
    this.dictionary = dictionary;
    this.pages = pages;
  }

  /**
   * Takes over the bytes.
   *
   * @param where file and column, for messages
   */
  static StoredChunk read(String where, ColumnChunkMetaData column, ArrowBuf bytes) {
    try {
      StoredPage dictionary = null;
      List<StoredPage> pages = new ArrayList<>();
      long size = bytes.capacity();
      for (long at = 0; at < size; ) {
        ByteBuffer rest = bytes.nioBuffer(at, Math.toIntExact(size - at));
        CompactThrift.check(rest);
        ByteBufferInputStream in = ByteBufferInputStream.wrap(rest);
        PageHeader header = Util.readPageHeader(in);
        long body = at + in.position();
        int length = header.getCompressed_page_size();
        if (length < 0 || header.getUncompressed_page_size() < 0 || length > size - body) {
          throw new InvalidModelException(where + " has a page that runs past its column.");
        }
        StoredPage page = new StoredPage(header, body, length);
        check(where, page, bytes);
        if (header.getType() == PageType.DICTIONARY_PAGE) {
          dictionary = page;
        } else {
          pages.add(page);
        }
        at = body + length;
      }
      return new StoredChunk(where, column.getCodec(), bytes, dictionary, pages);
    } catch (IOException e) {
      bytes.close();
      throw new InvalidModelException(where + " has a page header that cannot be read.", e);
    } catch (RuntimeException | Error e) {
      bytes.close();
      throw e;
    }
  }

  private static void check(String where, StoredPage page, ArrowBuf bytes) {
    if (!page.header().isSetCrc()) {
      return;
    }
    CRC32 crc = new CRC32();
    MappedBytes.checksum(crc, bytes, page.offset(), page.length());
    if ((int) crc.getValue() != page.header().getCrc()) {
      throw new InvalidModelException(where + " is damaged: a page does not match its checksum.");
    }
  }

  /** File and column, for messages. */
  String where() {
    return where;
  }

  /** The dictionary page, or null. */
  StoredPage dictionary() {
    return dictionary;
  }

  List<StoredPage> pages() {
    return pages;
  }

  /** The header of a data page, which must be of version 2, its level lengths checked. */
  DataPageHeaderV2 version2(StoredPage page) {
    DataPageHeaderV2 header = page.header().getData_page_header_v2();
    if (header == null) {
      throw new InvalidModelException(where + " has a data page that is not of version 2.");
    }
    int repetition = header.getRepetition_levels_byte_length();
    int definition = header.getDefinition_levels_byte_length();
    if (repetition < 0
        || definition < 0
        || (long) repetition + definition > page.length()
        || (long) repetition + definition > page.header().getUncompressed_page_size()) {
      throw new InvalidModelException(where + " has levels longer than their page.");
    }
    return header;
  }

  byte[] repetitionLevels(StoredPage page) {
    byte[] levels = new byte[version2(page).getRepetition_levels_byte_length()];
    bytes.getBytes(page.offset(), levels);
    return levels;
  }

  byte[] definitionLevels(StoredPage page) {
    DataPageHeaderV2 header = version2(page);
    byte[] levels = new byte[header.getDefinition_levels_byte_length()];
    bytes.getBytes(page.offset() + header.getRepetition_levels_byte_length(), levels);
    return levels;
  }

  /** The stored values of a data page of version 2, in place: still compressed, where they are. */
  ByteBuffer body(StoredPage page) {
    DataPageHeaderV2 header = version2(page);
    int levels =
        header.getRepetition_levels_byte_length() + header.getDefinition_levels_byte_length();
    return little(bytes.nioBuffer(page.offset() + levels, page.length() - levels));
  }

  /** Whether the values of a data page can be read where they lie. */
  boolean inPlace(StoredPage page) {
    DataPageHeaderV2 header = page.header().getData_page_header_v2();
    return header != null
        && (codec == CompressionCodecName.UNCOMPRESSED || !header.isIs_compressed());
  }

  /** Where the body of a data page of version 2 lies in {@link #bytes()}. */
  long bodyOffset(StoredPage page) {
    DataPageHeaderV2 header = version2(page);
    return page.offset()
        + header.getRepetition_levels_byte_length()
        + header.getDefinition_levels_byte_length();
  }

  /** The whole chunk. */
  ArrowBuf bytes() {
    return bytes;
  }

  /**
   * The values of a data page of version 2, decompressed where they have to be.
   *
   * @param limit most bytes that they may decompress to
   */
  ByteBuffer values(StoredPage page, long limit) {
    DataPageHeaderV2 header = version2(page);
    int plainSize =
        page.header().getUncompressed_page_size()
            - header.getRepetition_levels_byte_length()
            - header.getDefinition_levels_byte_length();
    return plain(body(page), header.isIs_compressed(), plainSize, limit);
  }

  /**
   * The values of a page that is compressed as a whole: a dictionary, or data of version 1.
   *
   * @param limit most bytes that they may decompress to
   */
  ByteBuffer whole(StoredPage page, long limit) {
    ByteBuffer stored = little(bytes.nioBuffer(page.offset(), page.length()));
    return plain(stored, true, page.header().getUncompressed_page_size(), limit);
  }

  /**
   * A data page of a list column, of either version.
   *
   * @param limit most bytes that its values may decompress to
   * @param levelsLimit most bytes that levels in a compressed page may decompress to
   */
  ListPage listPage(StoredPage page, long limit, long levelsLimit) {
    DataPageHeader header = page.header().getData_page_header();
    if (header == null) {
      DataPageHeaderV2 version2 = version2(page);
      return new ListPage(
          version2.getNum_values(),
          version2.getEncoding(),
          repetitionLevels(page),
          definitionLevels(page),
          values(page, limit));
    }
    ByteBuffer plain = whole(page, limit + levelsLimit).slice().order(ByteOrder.LITTLE_ENDIAN);
    byte[] repetition = levels(plain);
    byte[] definition = levels(plain);
    return new ListPage(
        header.getNum_values(),
        header.getEncoding(),
        repetition,
        definition,
        little(plain.slice()));
  }

  /** In a page of version 1, levels begin with their length. */
  private byte[] levels(ByteBuffer page) {
    int length = page.remaining() < 4 ? -1 : page.getInt();
    if (length < 0 || length > page.remaining()) {
      throw new InvalidModelException(where + " has levels longer than their page.");
    }
    byte[] levels = new byte[length];
    page.get(levels);
    return levels;
  }

  private ByteBuffer plain(ByteBuffer stored, boolean compressed, int plainSize, long limit) {
    if (codec == CompressionCodecName.UNCOMPRESSED || !compressed) {
      return stored;
    }
    if (codec != CompressionCodecName.ZSTD) {
      throw new InvalidModelException(where + " is compressed with " + codec + ", not ZSTD.");
    }
    if (plainSize > limit) {
      throw new InvalidModelException(
          where + " has a page of " + plainSize + " bytes; expected at most " + limit + ".");
    }
    byte[] input = new byte[stored.remaining()];
    stored.duplicate().get(input);
    long framed = Zstd.getFrameContentSize(input);
    if (framed != plainSize) {
      throw new InvalidModelException(where + " has a compressed page of another size than said.");
    }
    byte[] plain = new byte[plainSize];
    long size = Zstd.decompress(plain, input);
    if (Zstd.isError(size) || size != plainSize) {
      throw new InvalidModelException(where + " has a compressed page that is damaged.");
    }
    return little(ByteBuffer.wrap(plain));
  }

  private static ByteBuffer little(ByteBuffer buffer) {
    return buffer.order(ByteOrder.LITTLE_ENDIAN);
  }

  @Override
  public void close() {
    bytes.close();
  }
}
