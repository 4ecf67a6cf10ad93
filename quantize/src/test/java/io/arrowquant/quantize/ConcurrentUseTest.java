package io.arrowquant.quantize;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.arrowquant.arrow.parquet.LayerRecord;
import io.arrowquant.arrow.tensor.SafeTensorsAdapter;
import io.arrowquant.arrow.tensor.Widening;
import io.arrowquant.core.config.DiffusionQuantConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.Float4Vector;
import org.apache.arrow.vector.complex.FixedSizeListVector;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One object of the library, many threads; and its end while they are at work. */
class ConcurrentUseTest {

  private static final int THREADS = 8;
  private static final int READS = 30;

  @TempDir Path folder;
  private final BufferAllocator allocator = new RootAllocator();
  private final ExecutorService executor = Executors.newFixedThreadPool(THREADS);
  private Path input;

  @BeforeEach
  void write() {
    input = folder.resolve("odd.safetensors");
    OddCheckpoint.write(input, OddCheckpoint.TENSORS);
  }

  @AfterEach
  void nothingLeft() {
    executor.shutdownNow();
    assertEquals(0, allocator.getAllocatedMemory());
    allocator.close();
  }

  @Test
  void runsSideBySideMakeTheSameBytes() throws Exception {
    ArrowQuantV2 arrowQuant = new ArrowQuantV2();
    DiffusionQuantConfig config = DiffusionQuantConfig.builder().bitWidth(3).threads(2).build();
    AtomicInteger number = new AtomicInteger();
    everywhere(
        () ->
            arrowQuant.quantizeFromSafeTensors(
                input, folder.resolve("out" + number.getAndIncrement()), config));
    for (int i = 1; i < THREADS; i++) {
      for (String file : List.of("model.json", "layers.parquet", "weights/part-00000.parquet")) {
        assertEquals(
            -1,
            Files.mismatch(
                folder.resolve("out0").resolve(file), folder.resolve("out" + i + "/" + file)));
      }
    }
  }

  @Test
  void oneModelManyReaders() throws Exception {
    Path model = folder.resolve("model");
    new ArrowQuantV2().quantizeFromSafeTensors(input, model, DiffusionQuantConfig.defaults());
    try (QuantizedModel quantized = QuantizedModel.open(model)) {
      List<String> names =
          quantized.layers().stream()
              .filter(layer -> Widening.supports(layer.dtype()))
              .map(LayerRecord::name)
              .toList();
      Map<String, int[]> expected = new HashMap<>();
      names.forEach(name -> expected.put(name, dequantized(quantized, name)));
      everywhere(
          () -> {
            Random random = new Random(Thread.currentThread().getId());
            for (int i = 0; i < READS; i++) {
              String name = names.get(random.nextInt(names.size()));
              assertArrayEquals(expected.get(name), dequantized(quantized, name), name);
            }
            return null;
          });
    }
  }

  @Test
  void aModelIsClosedWhileItIsRead() throws Exception {
    Path model = folder.resolve("model");
    new ArrowQuantV2().quantizeFromSafeTensors(input, model, DiffusionQuantConfig.defaults());
    for (int round = 0; round < 5; round++) {
      QuantizedModel quantized = QuantizedModel.open(model);
      String name = quantized.layers().get(0).name();
      int[] expected = dequantized(quantized, name);
      untilClosed(() -> assertArrayEquals(expected, dequantized(quantized, name)), quantized);
    }
  }

  @Test
  void anAdapterIsClosedWhileItIsRead() throws Exception {
    for (int round = 0; round < 5; round++) {
      SafeTensorsAdapter adapter = SafeTensorsAdapter.load(input);
      String name = adapter.tensorNames().get(0);
      int[] expected = widened(adapter, name);
      untilClosed(() -> assertArrayEquals(expected, widened(adapter, name)), adapter);
    }
  }

  /** All threads do the same until the thing is closed under them, which they must hear of. */
  private void untilClosed(Runnable work, AutoCloseable closed) throws Exception {
    AtomicInteger done = new AtomicInteger();
    Callable<Integer> loop =
        () -> {
          while (true) {
            try {
              work.run();
              done.incrementAndGet();
            } catch (IllegalStateException e) {
              return 0;
            }
          }
        };
    List<Future<Integer>> loops = new ArrayList<>();
    for (int i = 0; i < THREADS; i++) {
      loops.add(executor.submit(loop));
    }
    while (done.get() < THREADS) {
      Thread.onSpinWait();
    }
    closed.close();
    for (Future<Integer> ended : loops) {
      ended.get();
    }
  }

  private void everywhere(Callable<?> work) throws Exception {
    for (Future<?> done : executor.invokeAll(java.util.Collections.nCopies(THREADS, work))) {
      done.get();
    }
  }

  private int[] dequantized(QuantizedModel model, String name) {
    try (Float4Vector vector = model.dequantize(name, allocator)) {
      return bits(vector);
    }
  }

  private static int[] widened(SafeTensorsAdapter adapter, String name) {
    try (FixedSizeListVector rows = adapter.tensorF32(name)) {
      return bits((Float4Vector) rows.getDataVector());
    }
  }

  private static int[] bits(Float4Vector vector) {
    int[] bits = new int[vector.getValueCount()];
    for (int i = 0; i < bits.length; i++) {
      bits[i] = vector.getDataBuffer().getInt(4L * i);
    }
    return bits;
  }
}
