package io.arrowquant.arrow.parquet.reader;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.arrow.parquet.Flattening;
import io.arrowquant.arrow.parquet.LayerRecord;
import io.arrowquant.arrow.parquet.TestModel;
import io.arrowquant.arrow.parquet.writer.ModelFiles;
import io.arrowquant.core.InvalidModelException;
import io.arrowquant.core.modality.Modality;
import io.arrowquant.core.safetensors.DType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.apache.arrow.memory.RootAllocator;
import org.apache.parquet.format.Encoding;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that lie about sizes are refused before anything is allocated for the lie. */
class HostileFilesTest {

  @TempDir Path folder;
  @AutoClose private final RootAllocator allocator = new RootAllocator();

  private Path model() {
    Path model = folder.resolve("model");
    try (TestModel writer = new TestModel(model, Long.MAX_VALUE, allocator)) {
      writer.quantized(4, true, writer.run(writer.layer("a", 9, 64, DType.F32, 4, 16), 0, 9));
      writer.kept(DType.F32, writer.run(writer.layer("b", 3, 40, DType.F32, 0, 0), 0, 3));
      writer.kept(DType.I64, writer.run(writer.layer("c", 3, 40, DType.I64, 0, 0), 0, 3));
      writer.finish();
    }
    return model;
  }

  /** Rows that are missing, come twice or in another order are not handed out as the layer. */
  @Test
  void rowsOfALayer() {
    assertEquals(2, rowGroupsOf("whole", 0, 4, 4, 5));
    assertThrows(InvalidModelException.class, () -> rowGroupsOf("missing", 0, 4, 4, 4));
    assertThrows(InvalidModelException.class, () -> rowGroupsOf("twice", 0, 4, 0, 4));
    InvalidModelException e =
        assertThrows(InvalidModelException.class, () -> rowGroupsOf("order", 4, 5, 0, 4));
    assertTrue(e.getMessage().contains("\"a\""), e.getMessage());
  }

  private int rowGroupsOf(String name, int first, int count, int second, int secondCount) {
    Path model = folder.resolve(name);
    try (TestModel writer = new TestModel(model, Long.MAX_VALUE, allocator)) {
      int layer = writer.layer("a", 9, 64, DType.F32, 4, 16);
      writer.quantized(4, true, writer.run(layer, first, count));
      writer.quantized(4, true, writer.run(layer, second, secondCount));
      writer.finish();
    }
    try (ModelReader reader = ModelReader.open(model)) {
      return reader.rowGroupsOf(reader.layers().get(0)).size();
    }
  }

  /** A list of 2^31-1 structures; a list of booleans; a string; a map; no end. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "1502" + "19fcffffffff07" + "00",
        "1502" + "19f1ffffffff07" + "00",
        "1502" + "38ffffffff07" + "00",
        "1502" + "1bffffffff0711" + "00",
        "15"
      })
  void claimsOfAFooter(String hex) throws Exception {
    refuseFooter(HexFormat.of().parseHex(hex));
  }

  /** Structures in structures, lists in lists. */
  @ParameterizedTest
  @ValueSource(strings = {"1c", "19"})
  void deepFooters(String hex) throws Exception {
    refuseFooter(HexFormat.of().parseHex(hex.repeat(100_000)));
  }

  private void refuseFooter(byte[] footer) throws Exception {
    Path model = model();
    ByteBuffer file = ByteBuffer.allocate(12 + footer.length).order(ByteOrder.LITTLE_ENDIAN);
    file.put("PAR1".getBytes(java.nio.charset.StandardCharsets.US_ASCII)).put(footer);
    file.putInt(footer.length).put("PAR1".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
    Files.write(model.resolve("layers.parquet"), file.array());
    InvalidModelException e =
        assertThrows(
            InvalidModelException.class,
            () -> LayersReader.read(model.resolve("layers.parquet"), allocator));
    assertTrue(e.getMessage().contains("layers.parquet"), e.getMessage());
    assertThrows(InvalidModelException.class, () -> ModelReader.open(model));
  }

  @Test
  void runsLongerThanTheirPage() {
    byte[] packed = HexFormat.of().parseHex("ffffffff0f");
    assertThrows(IllegalArgumentException.class, () -> RunLimits.checkLevels(packed, 1, 1000));
    ByteBuffer indices = ByteBuffer.wrap(HexFormat.of().parseHex("10ffffffff0f"));
    assertThrows(
        IllegalArgumentException.class,
        () -> RunLimits.checkValues(indices, Encoding.RLE_DICTIONARY, 1000));
    ByteBuffer deltas = ByteBuffer.wrap(HexFormat.of().parseHex("8001" + "04" + "ffffffff07"));
    assertThrows(
        IllegalArgumentException.class,
        () -> RunLimits.checkValues(deltas, Encoding.DELTA_BINARY_PACKED, 1000));
    assertDoesNotThrow(
        () ->
            RunLimits.checkValues(
                ByteBuffer.wrap(HexFormat.of().parseHex("8001" + "04" + "e807")),
                Encoding.DELTA_BINARY_PACKED,
                1000));
  }

  /** A matrix of 2^32 x 2^32: the product of these, as a long, is 0. */
  @Test
  void layersOfMoreWeightsThanCanBeCounted() {
    LayerRecord layer =
        new LayerRecord(
            0,
            "a",
            "x.safetensors",
            List.of(1L << 32, 1L << 32),
            1L << 32,
            1L << 32,
            DType.F32,
            Flattening.MATRIX,
            null,
            null,
            "rank",
            List.of(),
            null,
            null,
            0,
            0,
            0,
            false,
            Modality.UNKNOWN,
            null,
            null,
            null);
    new ModelFiles(folder, Map.of()).writeLayers(List.of(layer));
    assertThrows(
        InvalidModelException.class,
        () -> LayersReader.read(folder.resolve("layers.parquet"), allocator));
  }

  /** A page of a few bytes that says itself that it holds billions of values. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "01" + "ffffffff03" + "00", // a packed run of one bit
        "00" + "ffffffff03", // of no bits
        "01" + "8080808010" + "ffffffff03" // behind a run that parquet-java takes for an empty one
      })
  void pagesLongerThanTheirBytes(String hex) {
    ByteBuffer indices = ByteBuffer.wrap(HexFormat.of().parseHex(hex));
    assertThrows(
        IllegalArgumentException.class,
        () -> RunLimits.checkValues(indices, Encoding.RLE_DICTIONARY, Integer.MAX_VALUE));
  }

  @Test
  void deltasOfMoreRowsThanAPageHas() {
    ByteBuffer deltas = ByteBuffer.wrap(HexFormat.of().parseHex("8001" + "04" + "ffffffff07"));
    assertThrows(
        IllegalArgumentException.class,
        () -> RunLimits.checkValues(deltas, Encoding.DELTA_BINARY_PACKED, Integer.MAX_VALUE));
  }

  /** Layers that are said to be right by a manifest that was made for them. */
  @Test
  void flippedBytesOfLayers() throws Exception {
    FuzzedModel model = new FuzzedModel("layers.parquet");
    for (byte[] good : model.seeds()) {
      int step = good.length / 25 | 1;
      for (int at = 0; at < good.length; at += step) {
        byte[] bad = good.clone();
        bad[at] ^= (byte) (1 << at % 8);
        model.read(bad);
      }
    }
  }

  /** Weights whose pages have no checksums: rows or a refusal, and nothing kept. */
  @Test
  void flippedBytesOfWeightsWithoutChecksums() throws Exception {
    FuzzedModel model = new FuzzedModel("weights/part-00000.parquet");
    byte[] good = model.seeds().get(1);
    int step = good.length / 200 | 1;
    for (int at = 0; at < good.length; at += step) {
      byte[] bad = good.clone();
      bad[at] ^= (byte) (1 << at % 8);
      model.readWeights(bad);
    }
  }
}
