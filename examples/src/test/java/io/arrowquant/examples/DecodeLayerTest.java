package io.arrowquant.examples;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.arrowquant.cli.demo.SyntheticCheckpoint;
import io.arrowquant.core.Progress;
import io.arrowquant.core.safetensors.DType;
import io.arrowquant.quantize.ArrowQuantV2;
import io.arrowquant.quantize.QuantizedModel;
import java.nio.file.Path;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.Float4Vector;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DecodeLayerTest {

  private static final String LAYER = "transformer_blocks.0.attn1.to_q.weight";

  @TempDir Path folder;

  @Test
  void rowsAreThoseOfTheWholeTensor() {
    Path source = folder.resolve("model");
    Path model = folder.resolve("model-int4");
    new SyntheticCheckpoint(300_000, DType.BF16, 1, 1).write(source, Progress.NONE);
    new ArrowQuantV2().quantizeFromSafeTensors(source, model, 4);

    float[][] matrix = DecodeLayer.matrix(model, LAYER);

    try (RootAllocator allocator = new RootAllocator();
        QuantizedModel opened = QuantizedModel.open(model);
        Float4Vector all = opened.dequantize(LAYER, allocator)) {
      int columns = matrix[0].length;
      assertEquals(all.getValueCount(), matrix.length * columns);
      for (int row = 0; row < matrix.length; row++) {
        float[] expected = new float[columns];
        for (int i = 0; i < columns; i++) {
          expected[i] = all.get(row * columns + i);
        }
        assertArrayEquals(expected, matrix[row]);
      }
    }
  }
}
