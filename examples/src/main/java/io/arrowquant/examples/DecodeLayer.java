package io.arrowquant.examples;

import io.arrowquant.arrow.parquet.LayerRecord;
import io.arrowquant.quantize.QuantizedLayer;
import io.arrowquant.quantize.QuantizedModel;
import java.nio.file.Path;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.Float4Vector;

/**
 * One layer of a quantized model as plain Java arrays, for code that knows neither Arrow nor us.
 */
public final class DecodeLayer {

  private DecodeLayer() {}

  public static void main(String[] args) {
    if (args.length != 2) {
      System.err.println("usage: DecodeLayer MODEL-INT4 TENSOR");
      System.exit(2);
    }
    float[][] matrix = matrix(Path.of(args[0]), args[1]);
    System.out.printf("%d rows of %d floats%n", matrix.length, matrix[0].length);
  }

  /**
   * The layer's matrix, row by row, so that no more than one row is decoded off the heap at a time.
   * A convolution has a row for each output channel.
   */
  static float[][] matrix(Path folder, String tensor) {
    try (RootAllocator allocator = new RootAllocator();
        QuantizedModel model = QuantizedModel.open(folder)) {
      QuantizedLayer layer = model.layer(tensor);
      LayerRecord record = layer.record();
      float[][] matrix = new float[Math.toIntExact(record.rows())][];
      for (int row = 0; row < matrix.length; row++) {
        try (Float4Vector values = layer.dequantize(row, 1, allocator)) {
          matrix[row] = new float[values.getValueCount()];
          for (int i = 0; i < matrix[row].length; i++) {
            matrix[row][i] = values.get(i);
          }
        }
      }
      return matrix;
    }
  }
}
