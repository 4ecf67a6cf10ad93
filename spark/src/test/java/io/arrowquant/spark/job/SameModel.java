package io.arrowquant.spark.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.arrow.parquet.PageLayout;
import io.arrowquant.arrow.parquet.RowRun;
import io.arrowquant.arrow.parquet.reader.ModelReader;
import io.arrowquant.arrow.parquet.reader.StoredRowGroup;
import io.arrowquant.quantize.ArrowQuantV2;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;

/** Whether two models are one, however their row groups are spread over files. */
public final class SameModel {

  /** What a row group holds: codes as they are packed, scales and zero points by their bits. */
  private record Content(int bits, int codes, int scales, int zeroPoints) {}

  private SameModel() {}

  public static void check(Path expected, Path actual) throws IOException {
    checkTensors(expected, actual);
    try (ModelReader a = ModelReader.open(expected);
        ModelReader b = ModelReader.open(actual)) {
      assertEquals(a.manifest().source(), b.manifest().source());
    }
    assertEquals(names(expected), names(actual));
  }

  /** The same but for where it was made from. */
  static void checkTensors(Path expected, Path actual) throws IOException {
    assertTrue(new ArrowQuantV2().verify(actual).passed());
    try (ModelReader a = ModelReader.open(expected);
        ModelReader b = ModelReader.open(actual);
        BufferAllocator allocator = new RootAllocator()) {
      assertEquals(a.layers(), b.layers());
      assertEquals(contents(a, allocator), contents(b, allocator));
      assertEquals(
          a.manifest().totals().quantizedLayers(), b.manifest().totals().quantizedLayers());
      assertEquals(a.manifest().totals().sqnrDb(), b.manifest().totals().sqnrDb());
    }
  }

  private static Map<List<RowRun>, Content> contents(ModelReader model, BufferAllocator allocator) {
    Map<List<RowRun>, Content> contents = new HashMap<>();
    for (ModelReader.RowGroupRef ref : model.rowGroups()) {
      PageLayout layout = model.layout(ref);
      Content content;
      if (model.isQuantized(ref)) {
        try (StoredRowGroup group = model.quantized(ref, layout)) {
          CRC32C codes = new CRC32C();
          for (int page = 0; page < layout.pages().size(); page++) {
            ArrowBuf bytes = group.codes(page);
            codes.update(bytes.nioBuffer(0, (int) bytes.capacity()));
          }
          content =
              new Content(
                  group.bits(),
                  (int) codes.getValue(),
                  Arrays.hashCode(group.scales()),
                  Arrays.hashCode(group.zeroPoints()));
        }
      } else {
        try (ArrowBuf bytes = model.kept(ref, layout, allocator)) {
          CRC32C kept = new CRC32C();
          kept.update(bytes.nioBuffer(0, (int) bytes.capacity()));
          content = new Content(0, (int) kept.getValue(), 0, 0);
        }
      }
      assertNull(contents.put(layout.runs(), content), "stored twice: " + layout.runs());
    }
    return contents;
  }

  /** Files but for the parts of the weights; nothing hidden, nothing temporary among them. */
  private static Set<String> names(Path model) throws IOException {
    Set<String> names = new TreeSet<>();
    try (Stream<Path> files = Files.walk(model)) {
      files
          .map(file -> model.relativize(file).toString())
          .map(name -> name.replaceAll("part-\\d{5}\\.parquet$", "part"))
          .forEach(names::add);
    }
    return names;
  }
}
