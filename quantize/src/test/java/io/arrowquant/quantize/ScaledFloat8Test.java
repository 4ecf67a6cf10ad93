package io.arrowquant.quantize;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.arrow.parquet.LayerRecord;
import io.arrowquant.arrow.safetensors.SafeTensorsWriter;
import io.arrowquant.arrow.safetensors.SafeTensorsWriter.Entry;
import io.arrowquant.arrow.tensor.Float32Bits;
import io.arrowquant.core.InvalidHeaderException;
import io.arrowquant.core.Progress;
import io.arrowquant.core.config.DiffusionQuantConfig;
import io.arrowquant.core.safetensors.DType;
import io.arrowquant.core.safetensors.TensorInfo;
import io.arrowquant.quantize.diff.TensorDifference;
import io.arrowquant.quantize.restore.RestoreOptions;
import io.arrowquant.quantize.restore.TargetDType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.Float4Vector;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** 8-bit floats as they are published: the stored values mean nothing without their scales. */
class ScaledFloat8Test {

  private static final int ROWS = 200;
  private static final int COLUMNS = 320;

  @TempDir Path folder;

  static Stream<Arguments> layouts() {
    return Stream.of(
        Arguments.of("a.weight", "a.weight_scale_inv", DType.F32, List.of(2L, 3L), 128, 128),
        Arguments.of("a.weight", "a.weight_scale", DType.F32, List.of(), ROWS, COLUMNS),
        Arguments.of("a.weight", "a.scale_weight", DType.F32, List.of(1L), ROWS, COLUMNS),
        Arguments.of("a.weight", "a.weight_scale", DType.BF16, List.of(200L, 1L), 1, COLUMNS),
        Arguments.of("a.weight", "a.weight_scale", DType.F32, List.of(200L), 1, COLUMNS),
        Arguments.of("a.weight", "a.scale", DType.F8_E8M0, List.of(200L, 10L), 1, 32),
        Arguments.of("a.weight", "a.weight_scale_inv", DType.F32, List.of(4L, 5L), 50, 64));
  }

  @ParameterizedTest
  @MethodSource("layouts")
  void theWeightIsScaledBeforeItIsQuantized(
      String weight, String scale, DType dtype, List<Long> shape, int blockRows, int blockColumns) {
    Random random = new Random(1);
    byte[] stored = new byte[ROWS * COLUMNS];
    for (int i = 0; i < stored.length; i++) {
      stored[i] = (byte) (random.nextInt(0x60) | (random.nextBoolean() ? 0x80 : 0));
    }
    int scales = shape.stream().mapToInt(Long::intValue).reduce(1, (a, b) -> a * b);
    int perRow = (COLUMNS + blockColumns - 1) / blockColumns;
    float[] factor = new float[scales];
    ByteBuffer scaleBytes =
        ByteBuffer.allocate(scales * dtype.bits() / 8).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < scales; i++) {
      int exponent = 110 + random.nextInt(20);
      factor[i] = Float.intBitsToFloat(exponent << 23);
      switch (dtype) {
        case F32 -> scaleBytes.putFloat(factor[i]);
        case BF16 -> scaleBytes.putShort((short) (exponent << 7));
        default -> scaleBytes.put((byte) exponent);
      }
    }
    Path input = folder.resolve("model.safetensors");
    write(
        input,
        Map.of(weight, ByteBuffer.wrap(stored), scale, scaleBytes.flip()),
        List.of(
            new Entry(weight, DType.F8_E4M3, List.of((long) ROWS, (long) COLUMNS)),
            new Entry(scale, dtype, shape)));
    for (String keep : List.of("", weight)) {
      Path output = folder.resolve("out" + keep.length());
      var builder = DiffusionQuantConfig.builder().bitWidth(8).groupSize(32);
      DiffusionQuantConfig config = (keep.isEmpty() ? builder : builder.keep(keep)).build();
      QuantizationResult result = new ArrowQuantV2().quantizeFromSafeTensors(input, output, config);
      for (LayerRecord layer : result.layers()) {
        if (layer.name().equals(weight)) {
          assertEquals(scale, layer.scaleTensor());
        } else {
          assertEquals("scale of \"" + weight + '"', layer.keptReason());
        }
      }
      assertTrue(new ArrowQuantV2().validate(input, output, config).passed());
      try (RootAllocator allocator = new RootAllocator();
          QuantizedModel model = QuantizedModel.open(output);
          Float4Vector decoded = model.dequantize(weight, allocator)) {
        double signal = 0;
        double noise = 0;
        for (int i = 0; i < stored.length; i++) {
          float value =
              Float.intBitsToFloat(Float32Bits.widen(DType.F8_E4M3, stored[i] & 0xff))
                  * factor[i / COLUMNS / blockRows * perRow + i % COLUMNS / blockColumns];
          signal += (double) value * value;
          noise += Math.pow(value - (double) decoded.get(i), 2);
        }
        assertTrue(noise <= signal * 1e-4, "off by " + Math.sqrt(noise / signal));
      }
      Path floats = folder.resolve("floats" + keep.length() + ".safetensors");
      new ArrowQuantV2()
          .dequantize(
              output, floats, RestoreOptions.DEFAULT.withDType(TargetDType.F32), Progress.NONE);
      assertNear(input, output, weight);
      assertNear(input, floats, weight);
      assertNear(floats, input, weight);
      assertNear(output, floats, weight);
    }
    assertTrue(new ArrowQuantV2().diff(input, input, 1, Progress.NONE).isSame());
  }

  private static void assertNear(Path before, Path after, String weight) {
    for (TensorDifference tensor :
        new ArrowQuantV2().diff(before, after, 1, Progress.NONE).tensors()) {
      if (tensor.name().equals(weight)) {
        double sqnr = tensor.distance().sqnrDb();
        assertTrue(sqnr >= 40, before + " and " + after + ": " + sqnr + " dB");
      }
    }
  }

  @Test
  void scalesThatFitNoRuleAreAnError() {
    Path input = folder.resolve("model.safetensors");
    write(
        input,
        Map.of("a.weight", ByteBuffer.allocate(64 * 64), "a.weight_scale", ByteBuffer.allocate(28)),
        List.of(
            new Entry("a.weight", DType.F8_E4M3, List.of(64L, 64L)),
            new Entry("a.weight_scale", DType.F32, List.of(7L))));
    InvalidHeaderException e =
        assertThrows(
            InvalidHeaderException.class,
            () -> new ArrowQuantV2().quantizeFromSafeTensors(input, folder.resolve("out"), 4));
    assertTrue(
        e.getMessage().contains("\"a.weight\"") && e.getMessage().contains("\"a.weight_scale\""));
  }

  private static void write(Path file, Map<String, ByteBuffer> content, List<Entry> entries) {
    try (SafeTensorsWriter writer =
        SafeTensorsWriter.create(file, Map.of(), new ArrayList<>(entries))) {
      for (TensorInfo tensor : writer.order()) {
        writer.write(content.get(tensor.name()).duplicate());
      }
    }
  }
}
