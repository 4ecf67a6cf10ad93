package io.arrowquant.arrow.tensor;

import static io.arrowquant.arrow.tensor.TensorFiles.assertBytes;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.arrowquant.core.safetensors.TensorInfo;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.IntVector;
import org.apache.arrow.vector.complex.FixedSizeListVector;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Tensors of models that others made. */
class RealTensorsTest {

  @AutoClose private final BufferAllocator allocator = new RootAllocator();

  @Test
  void realFiles() throws IOException {
    Path data = Path.of(System.getProperty("arrowquant.shared", "absent"));
    Assumptions.assumeTrue(Files.isDirectory(data), "no real models at " + data);
    for (String name :
        List.of(
            "silero_vad_16k.safetensors",
            "taef2_decoder.safetensors",
            "derived_taef2_decoder_bf16.safetensors",
            "candle_voices.safetensors",
            "moshi_test_lm_out.safetensors",
            "sharded_taef2_decoder")) {
      try (SafeTensorsAdapter adapter = SafeTensorsAdapter.load(data.resolve(name), allocator)) {
        long values = 0;
        for (String tensor : adapter.tensorNames()) {
          TensorInfo info = adapter.tensorInfo(tensor);
          try (FieldVector flat = adapter.tensorFlat(tensor);
              FixedSizeListVector widened = adapter.tensorF32(tensor);
              RandomAccessFile in = new RandomAccessFile(adapter.shardOf(tensor).toFile(), "r")) {
            byte[] bytes = new byte[Math.toIntExact(info.byteSize())];
            in.seek(in.length() - dataSize(adapter, tensor) + info.begin());
            in.readFully(bytes);
            assertBytes(bytes, flat);
            values += (long) widened.getValueCount() * widened.getListSize();
          }
        }
        assertEquals(adapter.parameterCount(), values);
        assertEquals(adapter.tensorNames().size(), adapter.summary().tensorCount());
      }
    }
    try (SafeTensorsAdapter adapter =
            SafeTensorsAdapter.load(data.resolve("swift_data.safetensors"), allocator);
        IntVector values = (IntVector) adapter.tensorFlat(adapter.tensorNames().get(0))) {
      assertEquals(4, adapter.checkpoint().tensors().get(0).position() % 8);
      assertEquals(4, values.getDataBuffer().memoryAddress() % 8);
    }
    try (SafeTensorsAdapter whole =
            SafeTensorsAdapter.load(data.resolve("taef2_decoder.safetensors"), allocator);
        SafeTensorsAdapter shards =
            SafeTensorsAdapter.load(data.resolve("sharded_taef2_decoder"), allocator)) {
      assertEquals(whole.tensorNames(), shards.tensorNames());
      for (String name : whole.tensorNames()) {
        try (FieldVector one = whole.tensorFlat(name);
            FieldVector other = shards.tensorFlat(name)) {
          byte[] bytes = new byte[Math.toIntExact(one.getDataBuffer().capacity())];
          one.getDataBuffer().getBytes(0, bytes);
          assertBytes(bytes, other);
        }
      }
    }
  }

  private static long dataSize(SafeTensorsAdapter adapter, String tensor) {
    return adapter.checkpoint().tensor(tensor).orElseThrow().file().tensors().stream()
        .mapToLong(TensorInfo::end)
        .max()
        .orElse(0);
  }
}
