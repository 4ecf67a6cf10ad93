package io.arrowquant.arrow.parquet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.arrow.parquet.reader.ModelReader;
import io.arrowquant.arrow.parquet.reader.StoredRowGroup;
import io.arrowquant.arrow.parquet.writer.EncodedRowGroup;
import io.arrowquant.arrow.parquet.writer.ModelWriter;
import io.arrowquant.arrow.parquet.writer.RowGroupEncoder;
import io.arrowquant.core.ArrowQuantException;
import io.arrowquant.core.InvalidModelException;
import io.arrowquant.core.OutputExistsException;
import io.arrowquant.core.modality.Modality;
import io.arrowquant.core.safetensors.DType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.RootAllocator;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What the writer wrote comes back from its twin, and damage is told. */
class ModelRoundTripTest {

  private static final List<RowRun> RUNS =
      List.of(
          new RowRun(0, "a", 0, 33, 70, 16),
          new RowRun(1, "b", 0, 2, 140_000, 1000),
          new RowRun(2, "c", 0, 5, 8, 16));

  @TempDir Path folder;
  @AutoClose private final RootAllocator allocator = new RootAllocator();

  @Test
  void quantizedRowsComeBack() {
    Path model = folder.resolve("model");
    PageLayout layout = PageLayout.of(RUNS);
    TestBatches.Known first = TestBatches.random(layout, 5, true, 1, allocator);
    List<LayerRecord> layers =
        List.of(layer(RUNS.get(0), 5), layer(RUNS.get(1), 5), layer(RUNS.get(2), 5));
    write(model, false, layers, RowGroupEncoder.encode(first.batch()));
    try (ModelReader reader = ModelReader.open(model)) {
      assertEquals(layers, reader.layers());
      assertEquals(1, reader.rowGroups().size());
      assertTrue(reader.isQuantized(reader.rowGroups().get(0)));
      PageLayout read = reader.layout(reader.rowGroups().get(0));
      assertEquals(layout, read);
      try (StoredRowGroup rows = reader.quantized(reader.rowGroups().get(0), read)) {
        assertArrayEquals(first.scales(), rows.scales());
        assertArrayEquals(first.zeroPoints(), rows.zeroPoints());
        for (int p = 0; p < read.pages().size(); p++) {
          PageLayout.Page page = read.pages().get(p);
          for (int v = 0; v < page.values(); v++) {
            int u = 0;
            for (int b = 0; b < 5; b++) {
              int at = v * 5 + b;
              u |= (rows.codes(p).getByte(at / 8) >> at % 8 & 1) << b;
            }
            assertEquals(first.codes()[(int) page.firstValue() + v], u - 16);
          }
        }
      }
    }
    assertFalse(Files.exists(folder.resolve(".model.partial")));
    assertFalse(Files.exists(folder.resolve(".model.lock")));
  }

  @Test
  void codesAreSeenThroughOtherViews() throws ReflectiveOperationException {
    Path model = folder.resolve("model");
    PageLayout layout = PageLayout.of(RUNS);
    List<LayerRecord> layers =
        List.of(layer(RUNS.get(0), 5), layer(RUNS.get(1), 5), layer(RUNS.get(2), 5));
    TestBatches.Known known = TestBatches.random(layout, 5, true, 1, allocator);
    write(model, false, layers, RowGroupEncoder.encode(known.batch()));
    try (ModelReader reader = ModelReader.open(model);
        StoredRowGroup rows = reader.quantized(reader.rowGroups().get(0), layout)) {
      ByteBuffer expected = rows.codes(0).nioBuffer(0, (int) rows.codes(0).capacity());
      ByteBuffer bytes = rows.codes(0, ByteBuffer.class);
      assertEquals(expected, bytes);
      assertTrue(bytes.isReadOnly());
      assertThrows(IllegalArgumentException.class, () -> rows.codes(0, String.class));
      if (Runtime.version().feature() >= 22) {
        Class<?> type = Class.forName("java.lang.foreign.MemorySegment");
        Object segment = rows.codes(0, type);
        assertEquals(expected.capacity(), (long) type.getMethod("byteSize").invoke(segment));
        assertEquals(expected, type.getMethod("asByteBuffer").invoke(segment));
        assertEquals(true, type.getMethod("isReadOnly").invoke(segment));
        assertEquals(true, type.getMethod("isNative").invoke(segment));
      }
    }
  }

  @ParameterizedTest
  @EnumSource(DType.class)
  void keptRowsComeBackBitForBit(DType dtype) {
    Path model = folder.resolve("model");
    RowRun run = new RowRun(0, "kept", 0, 3, 80, 0);
    PageLayout layout = PageLayout.of(List.of(run));
    byte[] bytes = new byte[3 * 80 * dtype.bits() / 8];
    new Random(7).nextBytes(bytes);
    ArrowBuf source = TestBatches.buffer(bytes, allocator);
    KeptBatch batch = new KeptBatch(layout, dtype, List.of(source));
    write(model, false, List.of(kept(run, dtype)), RowGroupEncoder.encode(batch, allocator));
    assertKept(model, bytes);
  }

  @Test
  void everyBf16PatternComesBack() {
    Path model = folder.resolve("model");
    RowRun run = new RowRun(0, "kept", 0, 16, 1 << 16, 0);
    ByteBuffer bytes = ByteBuffer.allocate(16 << 17).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < 16 << 16; i++) {
      bytes.putShort((short) (i * 40503));
    }
    KeptBatch batch =
        new KeptBatch(
            PageLayout.of(List.of(run)),
            DType.BF16,
            List.of(TestBatches.buffer(bytes.array(), allocator)));
    write(model, false, List.of(kept(run, DType.BF16)), RowGroupEncoder.encode(batch, allocator));
    assertKept(model, bytes.array());
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "I64"})
  void onePageOfSeveralIsDecoded(DType dtype) {
    Path model = folder.resolve("model");
    RowRun run = new RowRun(0, "kept", 0, 1200, 1000, 0);
    byte[] bytes = new byte[1_200_000 * dtype.bits() / 8];
    new Random(8).nextBytes(bytes);
    KeptBatch batch =
        new KeptBatch(
            PageLayout.of(List.of(run)), dtype, List.of(TestBatches.buffer(bytes, allocator)));
    write(model, false, List.of(kept(run, dtype)), RowGroupEncoder.encode(batch, allocator));
    assertKept(model, bytes);
    try (ModelReader reader = ModelReader.open(model)) {
      ModelReader.RowGroup rowGroup = reader.rowGroupsOf(reader.layers().get(0)).get(0);
      PageLayout layout = rowGroup.layout();
      int page = layout.pageOf(1_199_999);
      assertEquals(1, page);
      assertEquals(0, layout.pageOf(layout.pages().get(1).firstValue() - 1));
      int at = (int) layout.pages().get(1).firstValue() * dtype.bits() / 8;
      try (ArrowBuf read = reader.kept(rowGroup.ref(), layout, page, page + 1, allocator)) {
        byte[] back = new byte[bytes.length - at];
        read.getBytes(0, back);
        assertArrayEquals(Arrays.copyOfRange(bytes, at, bytes.length), back);
      }
    }
  }

  private void assertKept(Path model, byte[] bytes) {
    try (ModelReader reader = ModelReader.open(model)) {
      ModelReader.RowGroupRef ref = reader.rowGroups().get(0);
      assertFalse(reader.isQuantized(ref));
      try (ArrowBuf read = reader.kept(ref, reader.layout(ref), allocator)) {
        byte[] back = new byte[bytes.length];
        read.getBytes(0, back);
        assertArrayEquals(bytes, back);
      }
    }
  }

  @Test
  void aFlippedByteIsNeverReadAsRight() throws IOException {
    Path model = folder.resolve("model");
    RowRun run = new RowRun(0, "a", 0, 20, 64, 16);
    TestBatches.Known known =
        TestBatches.random(PageLayout.of(List.of(run)), 4, true, 3, allocator);
    write(model, false, List.of(layer(run, 4)), RowGroupEncoder.encode(known.batch()));
    Path part = model.resolve("weights/part-00000.parquet");
    byte[] good = Files.readAllBytes(part);
    int refused = 0;
    int tried = 0;
    for (int at = 0; at < good.length; at += 13, tried++) {
      byte[] bad = good.clone();
      bad[at] ^= 0x10;
      Files.write(part, bad);
      try (ModelReader reader = ModelReader.open(model)) {
        ModelReader.RowGroupRef ref = reader.rowGroups().get(0);
        try (StoredRowGroup rows = reader.quantized(ref, reader.layout(ref))) {
          assertArrayEquals(known.scales(), rows.scales(), "byte " + at);
          assertArrayEquals(known.zeroPoints(), rows.zeroPoints(), "byte " + at);
          for (int v = 0; v < known.codes().length; v++) {
            int u = rows.codes(0).getByte(v / 2) >> 4 * (v % 2) & 15;
            assertEquals(known.codes()[v], u - 8, "byte " + at);
          }
        }
      } catch (ArrowQuantException e) {
        refused++;
      }
    }
    assertTrue(refused > tried / 3, "only " + refused + " of " + tried);
  }

  @Test
  void anExistingOutputStaysUnlessOverwritingIsAllowed() throws IOException {
    Path model = folder.resolve("model");
    write(model, false, List.of());
    assertThrows(OutputExistsException.class, () -> write(model, false, List.of()));
    write(model, true, List.of());
    Path other = Files.createDirectory(folder.resolve("other"));
    write(other, false, List.of());
    Path precious = Files.createDirectory(folder.resolve("precious"));
    Files.writeString(precious.resolve("file"), "x");
    assertThrows(OutputExistsException.class, () -> write(precious, true, List.of()));
    assertEquals("x", Files.readString(precious.resolve("file")));
  }

  @Test
  void anOldModelLeftAsideByACrashComesBack() throws IOException {
    Path model = folder.resolve("model");
    write(model, false, List.of());
    Files.move(model, folder.resolve(".model.old"));
    assertThrows(OutputExistsException.class, () -> write(model, false, List.of()));
    assertTrue(Files.exists(model.resolve("model.json")));
    assertFalse(Files.exists(folder.resolve(".model.old")));
    write(model, true, List.of());
    assertTrue(Files.exists(model.resolve("model.json")));
  }

  @Test
  void twoRunsOnOneTarget() {
    Path model = folder.resolve("model");
    try (ModelWriter writer = ModelWriter.create(model, false, Long.MAX_VALUE, Map.of())) {
      assertThrows(
          OutputExistsException.class,
          () -> ModelWriter.create(model, false, Long.MAX_VALUE, Map.of()));
      writer.endPart();
    }
    assertFalse(Files.exists(folder.resolve(".model.partial")));
  }

  @Test
  void aNewerFormatIsRefusedByName() throws IOException {
    Path model = folder.resolve("model");
    write(model, false, List.of());
    Path manifest = model.resolve("model.json");
    Files.writeString(
        manifest,
        Files.readString(manifest)
            .replace("\"format_version\" : \"1.0\"", "\"format_version\" : \"2.0\""));
    InvalidModelException e =
        assertThrows(InvalidModelException.class, () -> ModelReader.open(model));
    assertTrue(e.getMessage().contains("format version 2"), e.getMessage());
  }

  private static void write(
      Path model, boolean overwrite, List<LayerRecord> layers, EncodedRowGroup... groups) {
    try (ModelWriter writer = ModelWriter.create(model, overwrite, Long.MAX_VALUE, Map.of())) {
      for (EncodedRowGroup group : groups) {
        try (group) {
          writer.write(group);
        }
      }
      writer.endPart();
      writer.files().writeLayers(layers);
      writer.finish(
          files ->
              new Manifest(
                  Manifest.FORMAT,
                  Manifest.FORMAT_VERSION,
                  "test",
                  Map.of(),
                  new Manifest.ModalityEntry("unknown", "none", ""),
                  List.of(),
                  null,
                  new Manifest.Totals(0, 0, 0, 0, 0, 0, 0, null, null),
                  new ArrayList<>(files)));
    }
  }

  private static LayerRecord layer(RowRun run, int bits) {
    return record(
        run,
        DType.F32,
        new LayerRecord.Quantization(bits, run.groupSize(), "fast"),
        null,
        new LayerRecord.Quality(0.5, Double.POSITIVE_INFINITY, 1, 2, 3));
  }

  private static LayerRecord kept(RowRun run, DType dtype) {
    return record(run, dtype, null, "rank", null);
  }

  private static LayerRecord record(
      RowRun run,
      DType dtype,
      LayerRecord.Quantization quantization,
      String reason,
      LayerRecord.Quality quality) {
    return new LayerRecord(
        run.layerId(),
        run.layerName(),
        "x.safetensors",
        List.of((long) run.rowCount(), (long) run.columns()),
        run.rowCount(),
        run.columns(),
        dtype,
        Flattening.MATRIX,
        quantization,
        quantization == null ? null : "scale",
        reason,
        List.of(new LayerRecord.Attempt(2, 1.5, 0.25)),
        quality,
        new LayerRecord.Statistics(-1, 1, 0, 0.5, 0, 0),
        100,
        50,
        -5,
        true,
        Modality.IMAGE,
        new LayerRecord.TimeAware(1, List.of(new LayerRecord.TimeGroup(0, 9, -1f, 1f, 0.1f, 3f))),
        new LayerRecord.Spatial(true, false, Collections.nCopies(run.columns(), 1.5f)),
        null);
  }
}
