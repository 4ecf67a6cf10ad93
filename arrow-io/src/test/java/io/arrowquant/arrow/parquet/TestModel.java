package io.arrowquant.arrow.parquet;

import io.arrowquant.arrow.parquet.writer.EncodedRowGroup;
import io.arrowquant.arrow.parquet.writer.ModelWriter;
import io.arrowquant.arrow.parquet.writer.RowGroupEncoder;
import io.arrowquant.core.modality.Modality;
import io.arrowquant.core.safetensors.DType;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.arrow.memory.BufferAllocator;

/** Writes models of random content, row group by row group. Layers are numbered as they come. */
public final class TestModel implements AutoCloseable {

  private final ModelWriter writer;
  private final BufferAllocator allocator;
  private final List<LayerRecord> layers = new ArrayList<>();

  public TestModel(Path model, long maxPartBytes, BufferAllocator allocator) {
    this.writer = ModelWriter.create(model, false, maxPartBytes, Map.of("k", "v"));
    this.allocator = allocator;
  }

  /** A model with every kind of row that the format knows, in several parts. */
  public static void writeAllKinds(Path model, BufferAllocator allocator) {
    try (TestModel all = new TestModel(model, 100_000, allocator)) {
      int odd = all.layer("odd", 33, 70, DType.F32, 5, 16);
      int cut = all.layer("cut into \"pieces\"", 2, 140_000, DType.F32, 5, 1000);
      all.quantized(5, true, all.run(odd, 0, 33), all.run(cut, 0, 2));
      int big = all.layer("two row groups", 40, 129, DType.BF16, 3, 24);
      all.quantized(3, false, all.run(big, 0, 25));
      all.quantized(3, true, all.run(big, 25, 15));
      for (DType dtype : List.of(DType.F32, DType.BF16, DType.F8_E5M2, DType.I64, DType.BOOL)) {
        int first = all.layer("kept " + dtype, 3, 80, dtype, 0, 0);
        int second = all.layer("kept too " + dtype, 1, 70_001, dtype, 0, 0);
        all.kept(dtype, all.run(first, 0, 3), all.run(second, 0, 1));
      }
      long columns = RowRun.MAX_COLUMNS + 1001L;
      int wide = all.layer("wide", 1, columns, DType.F32, 2, 128);
      for (long at = 0; at < columns; ) {
        RowRun run = new RowRun(wide, "wide", 0, at, 1, RowRun.columnsFrom(at, columns, 128), 128);
        all.quantized(2, true, run);
        at += run.columns();
      }
      int last = all.layer("last", 1, 1, DType.F32, 8, 16);
      all.quantized(8, true, all.run(last, 0, 1));
      all.finish();
    }
  }

  /** A new layer; bits 0 for a kept one. */
  public int layer(String name, long rows, long columns, DType dtype, int bits, int groupSize) {
    int id = layers.size();
    layers.add(
        new LayerRecord(
            id,
            name,
            "x.safetensors",
            List.of(rows, columns),
            rows,
            columns,
            dtype,
            Flattening.MATRIX,
            bits == 0 ? null : new LayerRecord.Quantization(bits, groupSize, "fast"),
            null,
            bits == 0 ? "rank" : null,
            List.of(),
            bits == 0 ? null : new LayerRecord.Quality(1, 20, 10, 0.5, 2),
            null,
            rows * columns * dtype.bits() / 8,
            1,
            id,
            false,
            Modality.UNKNOWN,
            null,
            null,
            null));
    return id;
  }

  public RowRun run(int layerId, long firstRow, int rows) {
    LayerRecord layer = layers.get(layerId);
    int groupSize = layer.quantization() == null ? 0 : layer.quantization().groupSize();
    return new RowRun(
        layerId, layer.name(), firstRow, rows, Math.toIntExact(layer.columns()), groupSize);
  }

  public void quantized(int bits, boolean codebooks, RowRun... runs) {
    PageLayout layout = PageLayout.of(List.of(runs));
    write(
        RowGroupEncoder.encode(
            TestBatches.random(layout, bits, codebooks, layers.size(), allocator).batch()));
  }

  public void kept(DType dtype, RowRun... runs) {
    Random random = new Random(layers.size());
    var bytes =
        List.of(runs).stream()
            .map(
                run -> {
                  byte[] content = new byte[(int) (run.weights() * dtype.bits() / 8)];
                  random.nextBytes(content);
                  return TestBatches.buffer(content, allocator);
                })
            .toList();
    write(
        RowGroupEncoder.encode(
            new KeptBatch(PageLayout.of(List.of(runs)), dtype, bytes), allocator));
  }

  private void write(EncodedRowGroup group) {
    try (group) {
      writer.write(group);
    }
  }

  public void finish() {
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
                new Manifest.Totals(layers.size(), 0, 0, 0, 0, 0, 0, null, null),
                files));
  }

  @Override
  public void close() {
    writer.close();
  }
}
