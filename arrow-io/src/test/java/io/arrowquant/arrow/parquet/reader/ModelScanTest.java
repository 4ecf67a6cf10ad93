package io.arrowquant.arrow.parquet.reader;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.arrow.parquet.LayerRecord;
import io.arrowquant.arrow.parquet.Manifest;
import io.arrowquant.arrow.parquet.StoredRow;
import io.arrowquant.arrow.parquet.TestModel;
import io.arrowquant.core.InvalidModelException;
import io.arrowquant.core.safetensors.DType;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.ipc.ArrowReader;
import org.apache.arrow.vector.types.pojo.Field;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The scan and the direct reader see the same rows. */
class ModelScanTest {

  @TempDir static Path shared;
  private static Path model;
  private static List<StoredRow> direct;

  @TempDir Path folder;
  @AutoClose private final RootAllocator allocator = new RootAllocator();

  @BeforeAll
  static void writeModel() {
    model = shared.resolve("a model's \u00fcmlaut 100% #1?");
    try (RootAllocator allocator = new RootAllocator()) {
      TestModel.writeAllKinds(model, allocator);
      try (ModelReader reader = ModelReader.open(model)) {
        direct = StoredRow.direct(reader, allocator);
      }
    }
  }

  @AfterAll
  static void forget() {
    direct = null;
  }

  @Test
  void allRowsInFileOrder() throws Exception {
    assertTrue(Manifest.read(model).files().size() > 4, "several parts");
    try (ModelScan scan = ModelScan.open(model, allocator);
        ArrowReader reader = scan.scan()) {
      StoredRow.assertRows(direct, StoredRow.scanned(reader));
    }
  }

  @Test
  void everyLayerByItsNumberAndName() throws Exception {
    try (ModelScan scan = ModelScan.open(model, allocator)) {
      for (LayerRecord layer : scan.layers()) {
        List<StoredRow> expected =
            direct.stream().filter(row -> row.key().get(0).equals(layer.layerId())).toList();
        assertFalse(expected.isEmpty());
        try (ArrowReader byNumber = scan.scanLayer(layer.layerId());
            ArrowReader byName = scan.scanLayer(layer.name())) {
          StoredRow.assertRows(expected, StoredRow.scanned(byNumber));
          StoredRow.assertRows(expected, StoredRow.scanned(byName));
        }
      }
    }
  }

  @Test
  void columnsInTheOrderAskedFor() throws Exception {
    try (ModelScan scan = ModelScan.open(model, allocator);
        ArrowReader all = scan.scan("row", "codes");
        ArrowReader one = scan.scanLayer("odd", "scales")) {
      for (ArrowReader reader : List.of(all, one)) {
        int rows = 0;
        while (reader.loadNextBatch()) {
          rows += reader.getVectorSchemaRoot().getRowCount();
        }
        assertEquals(reader == all ? direct.size() : 33, rows);
      }
      assertEquals(List.of("row", "codes"), names(all));
      assertEquals(List.of("scales"), names(one));
      assertThrows(IllegalArgumentException.class, () -> scan.scan("row", "kodes"));
      assertThrows(IllegalArgumentException.class, () -> scan.scanLayer("kodes"));
      assertThrows(IllegalArgumentException.class, () -> scan.scanLayer(-1));
      assertThrows(IllegalArgumentException.class, () -> scan.scanLayer(scan.layers().size()));
    }
  }

  private static List<String> names(ArrowReader reader) throws Exception {
    return reader.getVectorSchemaRoot().getSchema().getFields().stream()
        .map(Field::getName)
        .toList();
  }

  @Test
  void rowGroupsWithoutTheLayerAreNotRead() throws Exception {
    Path copy = folder.resolve("copy");
    try (TestModel two = new TestModel(copy, Long.MAX_VALUE, allocator)) {
      two.quantized(4, true, two.run(two.layer("a", 4, 64, DType.F32, 4, 16), 0, 4));
      two.quantized(4, true, two.run(two.layer("b", 4, 64, DType.F32, 4, 16), 0, 4));
      two.finish();
    }
    // The first row group's pages no longer make sense, so whoever reads them fails.
    Path part = copy.resolve("weights/part-00000.parquet");
    try (RandomAccessFile file = new RandomAccessFile(part.toFile(), "rw")) {
      file.seek(4);
      file.write(new byte[200]);
    }
    try (ModelScan scan = ModelScan.open(copy, allocator);
        ArrowReader b = scan.scanLayer("b");
        ArrowReader a = scan.scanLayer("a")) {
      assertEquals(4, StoredRow.scanned(b).size());
      assertThrows(InvalidModelException.class, () -> StoredRow.scanned(a));
    }
  }

  @Test
  void useAfterClose() throws Exception {
    ModelScan scan = ModelScan.open(model, allocator);
    try (ArrowReader outliving = scan.scanLayer("odd")) {
      assertTrue(outliving.loadNextBatch());
      scan.close();
      scan.close();
      assertThrows(IllegalStateException.class, scan::scan);
      assertThrows(IllegalStateException.class, () -> scan.scanLayer("odd"));
      assertEquals(33, outliving.getVectorSchemaRoot().getRowCount());
      assertFalse(outliving.loadNextBatch());
      outliving.close();
      assertThrows(IllegalStateException.class, outliving::loadNextBatch);
      assertThrows(IllegalStateException.class, outliving::getVectorSchemaRoot);
    }
  }

  @Test
  void aScanLeftEarlyHoldsNothing() throws Exception {
    try (ModelScan scan = ModelScan.open(model, allocator)) {
      try (ArrowReader reader = scan.scan()) {
        assertTrue(reader.loadNextBatch());
      }
      assertEquals(0, allocator.getAllocatedMemory());
    }
  }

  @Test
  void aModelWithoutWeights() throws Exception {
    Path empty = folder.resolve("empty");
    try (TestModel none = new TestModel(empty, Long.MAX_VALUE, allocator)) {
      none.finish();
    }
    try (ModelScan scan = ModelScan.open(empty, allocator);
        ArrowReader reader = scan.scan()) {
      assertFalse(reader.loadNextBatch());
      assertEquals(10, names(reader).size());
    }
  }

  @Test
  void onlyFilesOfTheManifestCount() throws Exception {
    Path copy = folder.resolve("copy");
    TestModel.writeAllKinds(copy, allocator);
    Path first = copy.resolve("weights/part-00000.parquet");
    Files.copy(first, copy.resolve("weights/stray.parquet"));
    try (ModelScan scan = ModelScan.open(copy, allocator);
        ArrowReader reader = scan.scan("row")) {
      int rows = 0;
      while (reader.loadNextBatch()) {
        rows += reader.getVectorSchemaRoot().getRowCount();
      }
      assertEquals(direct.size(), rows);
    }
    Files.delete(first);
    assertThrows(InvalidModelException.class, () -> ModelScan.open(copy, allocator));
    assertThrows(InvalidModelException.class, () -> ModelReader.open(copy));
  }
}
