package io.arrowquant.quantize.format;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.github.luben.zstd.Zstd;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;

/**
 * A Parquet file read by nothing but {@code docs/format.md}: shares no code with the product, nor
 * with any Parquet library.
 */
final class PlainParquet {

  /** Levels and values. Values are Integer (FLOAT too, its bits), Long, Boolean or byte[]. */
  private record Column(List<Integer> repetition, List<Integer> definition, List<Object> values) {}

  private record Leaf(int type, int maxRepetition, int maxDefinition) {}

  private final ByteBuffer file;
  private final Map<String, Leaf> leaves = new LinkedHashMap<>();
  private final List<Object> rowGroups;
  private int version1;

  PlainParquet(Path path) throws IOException {
    file = little(ByteBuffer.wrap(Files.readAllBytes(path)));
    int size = file.limit();
    if (!magic(0).equals("PAR1") || !magic(size - 4).equals("PAR1")) {
      throw new IllegalArgumentException("no Parquet file");
    }
    int length = file.getInt(size - 8);
    Map<Integer, Object> footer =
        CompactProtocol.struct(little(file.slice(size - 8 - length, length)));
    rowGroups = list(footer.get(4));
    List<Object> schema = list(footer.get(2));
    int next = 1;
    for (long child = 0; child < number(map(schema.get(0)).get(5)); child++) {
      next = leaves(schema, next, "", 0, 0);
    }
  }

  private String magic(int at) {
    byte[] four = new byte[4];
    file.get(at, four);
    return new String(four, US_ASCII);
  }

  /** Adds the leaves under an element and returns what follows them. */
  private int leaves(List<Object> schema, int at, String path, int repetition, int definition) {
    Map<Integer, Object> element = map(schema.get(at));
    int kind = (int) number(element.get(3));
    String name = path + (path.isEmpty() ? "" : ".") + new String((byte[]) element.get(4), UTF_8);
    int maxRepetition = repetition + (kind == 2 ? 1 : 0);
    int maxDefinition = definition + (kind == 0 ? 0 : 1);
    int next = at + 1;
    if (element.containsKey(5)) {
      for (long child = 0; child < number(element.get(5)); child++) {
        next = leaves(schema, next, name, maxRepetition, maxDefinition);
      }
    } else {
      leaves.put(name, new Leaf((int) number(element.get(1)), maxRepetition, maxDefinition));
    }
    return next;
  }

  /** Data pages of version 1 that were read. */
  int pagesOfVersion1() {
    return version1;
  }

  int rowGroups() {
    return rowGroups.size();
  }

  /** For each row of a row group its values: one or none, or the elements of its list. */
  List<List<Object>> rows(int rowGroup, String name) {
    Column column = column(rowGroup, name);
    int present = leaves.get(name).maxDefinition();
    List<List<Object>> rows = new ArrayList<>();
    int next = 0;
    for (int i = 0; i < column.repetition().size(); i++) {
      if (column.repetition().get(i) == 0) {
        rows.add(new ArrayList<>());
      }
      if (column.definition().get(i) == present) {
        rows.get(rows.size() - 1).add(column.values().get(next++));
      }
    }
    return rows;
  }

  private Column column(int rowGroup, String name) {
    List<Object> chunks = list(map(rowGroups.get(rowGroup)).get(1));
    Map<Integer, Object> chunk =
        map(map(chunks.get(List.copyOf(leaves.keySet()).indexOf(name))).get(3));
    Leaf leaf = leaves.get(name);
    boolean zstd = number(chunk.get(4)) == 6;
    long start = number(chunk.containsKey(11) ? chunk.get(11) : chunk.get(9));
    long end = start + number(chunk.get(7));
    Column column = new Column(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    List<Object> dictionary = List.of();
    ByteBuffer in = little(file.duplicate()).position((int) start);
    while (in.position() < end) {
      Map<Integer, Object> header = CompactProtocol.struct(in);
      ByteBuffer page = little(in.slice(in.position(), (int) number(header.get(3))));
      in.position(in.position() + page.limit());
      CRC32 crc = new CRC32();
      crc.update(page.duplicate());
      if ((int) crc.getValue() != (int) number(header.get(4))) {
        throw new IllegalArgumentException("a page of " + name + " is damaged");
      }
      int plainSize = (int) number(header.get(2));
      switch ((int) number(header.get(1))) {
        case 2 -> {
          ByteBuffer plain = zstd ? decompress(page, plainSize) : page;
          dictionary = plain(plain, leaf.type(), (int) number(map(header.get(7)).get(1)));
        }
        case 0 -> {
          version1++;
          ByteBuffer plain = zstd ? decompress(page, plainSize) : page;
          Map<Integer, Object> data = map(header.get(5));
          int count = (int) number(data.get(1));
          List<Integer> repetition = prefixedLevels(plain, leaf.maxRepetition(), count);
          List<Integer> definition = prefixedLevels(plain, leaf.maxDefinition(), count);
          add(column, leaf, repetition, definition, number(data.get(2)), plain, dictionary);
        }
        case 3 -> {
          Map<Integer, Object> data = map(header.get(8));
          int count = (int) number(data.get(1));
          int definitionBytes = (int) number(data.get(5));
          int repetitionBytes = (int) number(data.get(6));
          int levelBytes = repetitionBytes + definitionBytes;
          List<Integer> repetition =
              levels(page.slice(0, repetitionBytes), leaf.maxRepetition(), count);
          List<Integer> definition =
              levels(page.slice(repetitionBytes, definitionBytes), leaf.maxDefinition(), count);
          ByteBuffer body = little(page.slice(levelBytes, page.limit() - levelBytes));
          boolean compressed = zstd && !Boolean.FALSE.equals(data.get(7));
          ByteBuffer plain = compressed ? decompress(body, plainSize - levelBytes) : body;
          add(column, leaf, repetition, definition, number(data.get(4)), plain, dictionary);
        }
        default -> throw new IllegalArgumentException("page type " + header.get(1));
      }
    }
    return column;
  }

  private static void add(
      Column column,
      Leaf leaf,
      List<Integer> repetition,
      List<Integer> definition,
      long encoding,
      ByteBuffer values,
      List<Object> dictionary) {
    column.repetition().addAll(repetition);
    column.definition().addAll(definition);
    int count = (int) definition.stream().filter(d -> d == leaf.maxDefinition()).count();
    if (count == 0) {
      return;
    }
    switch ((int) encoding) {
      case 0 -> column.values().addAll(plain(values, leaf.type(), count));
      case 2, 8 ->
          hybrid(values, values.get(), count)
              .forEach(index -> column.values().add(dictionary.get(index)));
      case 5 -> column.values().addAll(deltas(values));
      default -> throw new IllegalArgumentException("encoding " + encoding);
    }
  }

  private static List<Object> plain(ByteBuffer in, int type, int count) {
    List<Object> values = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      values.add(
          switch (type) {
            case 0 -> (in.get(i / 8) >> i % 8 & 1) == 1;
            case 1, 4 -> in.getInt();
            case 2, 5 -> in.getLong();
            case 6 -> {
              byte[] bytes = new byte[in.getInt()];
              in.get(bytes);
              yield bytes;
            }
            default -> throw new IllegalArgumentException("type " + type);
          });
    }
    return values;
  }

  private static List<Integer> prefixedLevels(ByteBuffer in, int max, int count) {
    if (max == 0) {
      return levels(in, 0, count);
    }
    ByteBuffer levels = in.slice(in.position() + 4, in.getInt(in.position()));
    in.position(in.position() + 4 + levels.limit());
    return levels(levels, max, count);
  }

  private static List<Integer> levels(ByteBuffer in, int max, int count) {
    return max == 0
        ? Collections.nCopies(count, 0)
        : hybrid(in, 32 - Integer.numberOfLeadingZeros(max), count);
  }

  /** The RLE / bit-packing hybrid. */
  private static List<Integer> hybrid(ByteBuffer in, int bits, int count) {
    List<Integer> values = new ArrayList<>();
    while (values.size() < count) {
      long header = CompactProtocol.varint(in);
      if (header % 2 == 0) {
        int value = 0;
        for (int b = 0; b < bits; b += 8) {
          value |= (in.get() & 0xff) << b;
        }
        for (long i = 0; i < header / 2; i++) {
          values.add(value);
        }
      } else {
        long packed = header / 2 * 8;
        for (long i = 0; i < packed; i++) {
          values.add((int) bits(in, i * bits, bits));
        }
        in.position(in.position() + (int) (packed * bits / 8));
      }
    }
    return values.subList(0, count);
  }

  private static List<Long> deltas(ByteBuffer in) {
    long block = CompactProtocol.varint(in);
    int miniBlocks = (int) CompactProtocol.varint(in);
    long count = CompactProtocol.varint(in);
    long value = CompactProtocol.zigzag(in);
    List<Long> values = new ArrayList<>(List.of(value));
    while (values.size() < count) {
      long least = CompactProtocol.zigzag(in);
      byte[] widths = new byte[miniBlocks];
      in.get(widths);
      for (int m = 0; m < miniBlocks && values.size() < count; m++) {
        long size = block / miniBlocks;
        for (long i = 0; i < size && values.size() < count; i++) {
          value += least + bits(in, i * widths[m], widths[m]);
          values.add(value);
        }
        in.position(in.position() + (int) (size * widths[m] / 8));
      }
    }
    return values;
  }

  /** A number from some bits behind the position, bit by bit. */
  private static long bits(ByteBuffer in, long first, int count) {
    long value = 0;
    for (int b = 0; b < count; b++) {
      long bit = first + b;
      value |= (in.get(in.position() + (int) (bit / 8)) >> bit % 8 & 1L) << b;
    }
    return value;
  }

  private static ByteBuffer decompress(ByteBuffer from, int size) {
    byte[] compressed = new byte[from.remaining()];
    from.get(compressed);
    return little(ByteBuffer.wrap(Zstd.decompress(compressed, size)));
  }

  private static ByteBuffer little(ByteBuffer buffer) {
    return buffer.order(ByteOrder.LITTLE_ENDIAN);
  }

  @SuppressWarnings("unchecked")
  private static Map<Integer, Object> map(Object struct) {
    return (Map<Integer, Object>) struct;
  }

  @SuppressWarnings("unchecked")
  private static List<Object> list(Object list) {
    return (List<Object>) list;
  }

  private static long number(Object value) {
    return (Long) value;
  }
}
