package io.arrowquant.quantize;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.arrowquant.arrow.parquet.LayerRecord;
import io.arrowquant.arrow.safetensors.SafeTensorsWriter;
import io.arrowquant.arrow.safetensors.SafeTensorsWriter.Entry;
import io.arrowquant.core.config.DiffusionQuantConfig;
import io.arrowquant.core.safetensors.DType;
import io.arrowquant.core.safetensors.TensorInfo;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.Float4Vector;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QuantizedModelTest {

  private static final List<Entry> ENTRIES =
      List.of(
          new Entry("a.weight", DType.F32, List.of(64L, 128L)),
          new Entry("b.bias", DType.F32, List.of(64L)),
          new Entry("c.weight", DType.F32, List.of(32L, 256L)),
          new Entry("d.steps", DType.I64, List.of(100L)),
          new Entry("e.bias", DType.F32, List.of(3L)),
          new Entry("f.weight", DType.F32, List.of(48L, 64L)));

  @TempDir Path folder;

  @Test
  void everyLayerIsFoundAmongRowGroupsOfOtherWidths() {
    Map<String, float[]> source = new HashMap<>();
    Path input = folder.resolve("model.safetensors");
    Path output = folder.resolve("out");
    write(input, source);
    new ArrowQuantV2()
        .quantizeFromSafeTensors(
            input,
            output,
            DiffusionQuantConfig.builder().bitWidth(8).layerBitWidth("c.weight", 4).build());

    try (RootAllocator allocator = new RootAllocator();
        QuantizedModel model = QuantizedModel.open(output)) {
      assertEquals(ENTRIES.size(), model.layers().size());
      for (LayerRecord layer : model.layers()) {
        float[] expected = source.get(layer.name());
        // A step of the range of these numbers, or none where kept.
        double tolerance =
            layer.quantization() == null ? 0 : 10.0 / ((1 << layer.quantization().bitWidth()) - 1);
        try (Float4Vector actual = model.dequantize(layer.name(), allocator)) {
          assertEquals(expected.length, actual.getValueCount());
          for (int i = 0; i < expected.length; i++) {
            assertEquals(expected[i], actual.get(i), tolerance, layer.name());
          }
        }
      }
      assertEquals(0, allocator.getAllocatedMemory());
    }
  }

  private static void write(Path file, Map<String, float[]> values) {
    Random random = new Random(7);
    try (SafeTensorsWriter writer = SafeTensorsWriter.create(file, Map.of(), ENTRIES)) {
      while (writer.current().isPresent()) {
        TensorInfo tensor = writer.current().get();
        ByteBuffer bytes =
            ByteBuffer.allocate((int) tensor.byteSize()).order(ByteOrder.LITTLE_ENDIAN);
        float[] floats = new float[(int) tensor.elementCount()];
        for (int i = 0; i < floats.length; i++) {
          floats[i] = random.nextInt(10) - 5 + (tensor.dtype() == DType.F32 ? 0.25f : 0);
          if (tensor.dtype() == DType.F32) {
            bytes.putFloat(4 * i, floats[i]);
          } else {
            bytes.putLong(8 * i, (long) floats[i]);
          }
        }
        values.put(tensor.name(), floats);
        writer.write(bytes);
      }
    }
  }
}
