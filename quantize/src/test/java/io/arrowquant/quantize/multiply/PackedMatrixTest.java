package io.arrowquant.quantize.multiply;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.arrow.parquet.LayerRecord;
import io.arrowquant.arrow.safetensors.SafeTensorsWriter;
import io.arrowquant.arrow.safetensors.SafeTensorsWriter.Entry;
import io.arrowquant.core.config.DiffusionQuantConfig;
import io.arrowquant.core.config.Method;
import io.arrowquant.core.safetensors.DType;
import io.arrowquant.quantize.ArrowQuantV2;
import io.arrowquant.quantize.QuantizedLayer;
import io.arrowquant.quantize.QuantizedModel;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.Float4Vector;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PackedMatrixTest {

  /** Whole lanes at every width, none at some, short last groups, and rows cut into pieces. */
  private static final List<Entry> ENTRIES =
      List.of(
          new Entry("a.whole.weight", DType.F32, List.of(37L, 384L)),
          new Entry("b.odd.weight", DType.F32, List.of(29L, 123L)),
          new Entry("c.short.weight", DType.F32, List.of(21L, 352L)),
          new Entry("d.wide.weight", DType.F32, List.of(2L, 70_016L)),
          new Entry("e.long.weight", DType.F32, List.of(300L, 64L)),
          new Entry("f.norm.weight", DType.F32, List.of(64L)));

  @TempDir Path folder;

  private Path input;

  @BeforeEach
  void write() {
    input = folder.resolve("model.safetensors");
    Random random = new Random(5);
    try (SafeTensorsWriter writer = SafeTensorsWriter.create(input, Map.of(), ENTRIES)) {
      while (writer.current().isPresent()) {
        ByteBuffer bytes =
            ByteBuffer.allocate((int) writer.current().get().byteSize())
                .order(ByteOrder.LITTLE_ENDIAN);
        while (bytes.hasRemaining()) {
          bytes.putFloat((float) (0.02 * random.nextGaussian() + 0.003));
        }
        writer.write(bytes.flip());
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "2, 16", "2, 64", "2, 100", "3, 16", "3, 17", "3, 32", "3, 128", "4, 16", "4, 128", "4, 1024",
    "5, 16", "5, 64", "6, 16", "6, 32", "6, 128", "8, 32", "8, 128"
  })
  void productsAreWithinTheDocumentedDistance(int bits, int groupSize) {
    try (RootAllocator allocator = new RootAllocator();
        QuantizedModel model = quantized(bits, groupSize)) {
      int checked = 0;
      for (LayerRecord layer : model.layers()) {
        if (layer.quantization() != null) {
          check(model.layer(layer.name()), 2, allocator);
          checked++;
        }
      }
      assertEquals(5, checked);
      assertEquals(0, allocator.getAllocatedMemory());
    }
  }

  private static void check(QuantizedLayer layer, int vectors, RootAllocator allocator) {
    int rows = (int) layer.record().rows();
    int columns = (int) layer.record().columns();
    float[] x = vectors(vectors * columns);
    float[] y = new float[vectors * rows];
    float[] threaded = new float[vectors * rows];
    try (PackedMatrix matrix = layer.packed();
        Float4Vector decoded = layer.dequantize(0, rows, allocator)) {
      float[] weights = floats(decoded);
      double step = greatestScale(layer);
      matrix.multiply(x, vectors, y, 1);
      matrix.multiply(x, vectors, threaded, 3);
      for (int v = 0; v < vectors; v++) {
        for (int row = 0; row < rows; row++) {
          double exact = 0;
          double steps = 0;
          for (int c = 0; c < columns; c++) {
            exact += (double) weights[row * columns + c] * x[v * columns + c];
            steps += step * Math.abs(x[v * columns + c]);
          }
          double bound = 0x1p-17 * steps * (1 << layer.record().quantization().bitWidth());
          assertEquals(exact, y[v * rows + row], bound, layer.record().name() + " row " + row);
          // Far below what a wrong code would do.
          assertTrue(bound < 0.02 * Math.sqrt(columns), "bound " + bound);
        }
      }
    }
    assertArrayEquals(y, threaded);
    float[] one = new float[rows];
    layer.multiply(Arrays.copyOf(x, columns), one);
    assertArrayEquals(Arrays.copyOf(y, rows), one);
  }

  private static float[] floats(Float4Vector vector) {
    float[] floats = new float[vector.getValueCount()];
    vector
        .getDataBuffer()
        .nioBuffer(0, 4 * floats.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .asFloatBuffer()
        .get(floats);
    return floats;
  }

  private static double greatestScale(QuantizedLayer layer) {
    double[] greatest = {0};
    layer.forEachPacked(
        (rows, run) -> {
          for (float scale : rows.scales()) {
            greatest[0] = Math.max(greatest[0], scale);
          }
        });
    return greatest[0];
  }

  @Test
  void aUnitVectorGivesAColumn() {
    try (RootAllocator allocator = new RootAllocator();
        QuantizedModel model = quantized(4, 32)) {
      QuantizedLayer layer = model.layer("a.whole.weight");
      try (Float4Vector weights = layer.dequantize(0, 37, allocator)) {
        for (int column : new int[] {0, 7, 8, 31, 32, 383}) {
          float[] x = new float[384];
          x[column] = 1;
          float[] y = new float[37];
          layer.multiply(x, y);
          for (int row = 0; row < 37; row++) {
            assertEquals(weights.get(row * 384 + column), y[row], 1e-8f);
          }
        }
      }
    }
  }

  @Test
  void lengthsAndKeptLayersAreRefused() {
    try (QuantizedModel model = quantized(4, 32)) {
      QuantizedLayer layer = model.layer("b.odd.weight");
      String wrong =
          assertThrows(
                  IllegalArgumentException.class,
                  () -> layer.multiply(new float[122], new float[29]))
              .getMessage();
      assertTrue(wrong.contains("122") && wrong.contains("123"), wrong);
      PackedMatrix closed = layer.packed();
      closed.close();
      closed.close();
      assertThrows(
          IllegalStateException.class, () -> closed.multiply(new float[123], new float[29]));
      assertThrows(
          IllegalStateException.class,
          () -> model.layer("f.norm.weight").multiply(new float[64], new float[1]));
    }
  }

  private QuantizedModel quantized(int bits, int groupSize) {
    Path output = folder.resolve("out");
    new ArrowQuantV2()
        .quantizeFromSafeTensors(
            input,
            output,
            DiffusionQuantConfig.builder()
                .bitWidth(bits)
                .groupSize(groupSize)
                .method(Method.FAST)
                .minAccuracy(0)
                .build());
    return QuantizedModel.open(output);
  }

  private static float[] vectors(int n) {
    Random random = new Random(9);
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }
}
