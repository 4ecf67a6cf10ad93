package io.arrowquant.quantize;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.arrow.parquet.LayerRecord;
import io.arrowquant.arrow.safetensors.SafeTensorsWriter.Entry;
import io.arrowquant.arrow.source.IoMode;
import io.arrowquant.core.Progress;
import io.arrowquant.core.RunInterruptedException;
import io.arrowquant.core.config.ConfigBuilder;
import io.arrowquant.core.config.DiffusionQuantConfig;
import io.arrowquant.core.safetensors.DType;
import io.arrowquant.quantize.pipeline.RunOptions;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.Float4Vector;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A model depends on weights and settings alone, and is whole or absent. */
class DeterminismTest {

  @TempDir Path folder;

  /** An interrupt that a test caused must not meet the next one. */
  @AfterEach
  void forgetInterrupts() {
    Thread.interrupted();
  }

  /** Two tensors with row groups of their own, and small ones of three widths between them. */
  private Path checkpoint() throws IOException {
    List<Entry> tensors = new ArrayList<>(OddCheckpoint.TENSORS);
    tensors.add(new Entry("blocks.1.big.weight", DType.BF16, List.of(1100L, 1024L)));
    tensors.add(new Entry("blocks.8.big.weight", DType.BF16, List.of(1100L, 1000L)));
    Path input = Files.createDirectory(folder.resolve("in")).resolve("odd.safetensors");
    OddCheckpoint.write(input, tensors);
    return input;
  }

  private static ConfigBuilder config() {
    return DiffusionQuantConfig.builder()
        .bitWidth(4)
        .layerBitWidth("blocks.2.*", 3)
        .layerBitWidth("blocks.4.*", 8)
        .minAccuracy(0);
  }

  @Test
  void theSameBytesWhateverTheThreadsAndTheWayOfReading() throws IOException {
    Path input = checkpoint();
    Map<String, ByteBuffer> expected = null;
    for (int threads : new int[] {1, 2, 7}) {
      for (IoMode io : new IoMode[] {IoMode.MMAP, IoMode.READ}) {
        Path output = folder.resolve("out-" + threads + io);
        new ArrowQuantV2()
            .quantizeFromSafeTensors(
                input,
                output,
                config().threads(threads).build(),
                RunOptions.DEFAULT.withIo(io).withMaxPartBytes(600_000),
                Progress.NONE);
        Map<String, ByteBuffer> files = files(output);
        if (expected == null) {
          expected = files;
          assertTrue(files.size() > 4, "several parts: " + files.keySet());
        }
        assertEquals(expected.keySet(), files.keySet());
        for (String name : files.keySet()) {
          assertEquals(
              -1,
              expected.get(name).mismatch(files.get(name)),
              name + ", " + threads + " threads, " + io);
        }
      }
    }
  }

  private static Map<String, ByteBuffer> files(Path model) throws IOException {
    Map<String, ByteBuffer> files = new TreeMap<>();
    try (Stream<Path> tree = Files.walk(model)) {
      for (Path file : tree.filter(Files::isRegularFile).toList()) {
        files.put(model.relativize(file).toString(), ByteBuffer.wrap(Files.readAllBytes(file)));
      }
    }
    return files;
  }

  @Test
  void shardsGiveTheLayersOfTheSingleFile() throws IOException {
    Path single = folder.resolve("single.safetensors");
    OddCheckpoint.write(single, OddCheckpoint.TENSORS);
    Path shards = Files.createDirectory(folder.resolve("shards"));
    StringBuilder index = new StringBuilder("{\"metadata\": {}, \"weight_map\": {");
    for (int shard = 0; shard < 3; shard++) {
      String name = "model-%05d-of-00003.safetensors".formatted(shard + 1);
      List<Entry> part = new ArrayList<>();
      for (int t = shard; t < OddCheckpoint.TENSORS.size(); t += 3) {
        part.add(OddCheckpoint.TENSORS.get(t));
        index.append(t == 0 ? "" : ", ");
        index.append("\"%s\": \"%s\"".formatted(OddCheckpoint.TENSORS.get(t).name(), name));
      }
      OddCheckpoint.write(shards.resolve(name), part);
    }
    Files.writeString(shards.resolve("model.safetensors.index.json"), index.append("}}"));
    assertEquals(layers(single), layers(shards));
  }

  /** Everything that is known of each layer but its file, and what it decodes to. */
  private Map<String, List<Object>> layers(Path input) {
    Path output = folder.resolve("out-" + input.getFileName());
    new ArrowQuantV2().quantizeFromSafeTensors(input, output, config().build());
    Map<String, List<Object>> layers = new TreeMap<>();
    try (RootAllocator allocator = new RootAllocator();
        QuantizedModel model = QuantizedModel.open(output)) {
      for (LayerRecord layer : model.layers()) {
        ByteBuffer weights;
        try (Float4Vector decoded = model.dequantize(layer.name(), allocator)) {
          byte[] bytes = new byte[decoded.getValueCount() * Float.BYTES];
          decoded.getDataBuffer().getBytes(0, bytes);
          weights = ByteBuffer.wrap(bytes);
        }
        layers.put(
            layer.name(),
            List.of(layer.toString().replace(layer.sourceFile(), "the file"), weights));
      }
      assertEquals(0, allocator.getAllocatedMemory());
    }
    return layers;
  }

  @Test
  void aTensorWithNaNIsKeptForThatReason() {
    Path input = folder.resolve("odd.safetensors");
    Path output = folder.resolve("out");
    OddCheckpoint.write(input, OddCheckpoint.TENSORS);
    new ArrowQuantV2().quantizeFromSafeTensors(input, output, config().build());
    try (QuantizedModel model = QuantizedModel.open(output)) {
      LayerRecord layer =
          model.layers().stream()
              .filter(l -> l.name().equals(OddCheckpoint.NAN))
              .findFirst()
              .orElseThrow();
      assertEquals("none", layer.quantType());
      assertTrue(layer.keptReason().contains("NaN"), layer.keptReason());
      assertEquals(1, layer.statistics().nanCount());
    }
    ValidationReport report = new ArrowQuantV2().validate(input, output, config().build());
    assertTrue(report.passed(), report.layers().toString());
  }

  @Test
  void anInterruptedRunLeavesNothing() throws IOException {
    Path input = checkpoint();
    Path output = folder.resolve("out/model");
    int[] calls = {0};
    RunInterruptedException e =
        assertThrows(
            RunInterruptedException.class,
            () ->
                new ArrowQuantV2()
                    .quantizeFromSafeTensors(
                        input,
                        output,
                        config().threads(2).build(),
                        (done, total, what) -> {
                          if (calls[0]++ == 1) {
                            Thread.currentThread().interrupt();
                          }
                        }));
    // An allocator that is closed with memory outstanding says so here; what was being written when
    // the interrupt came may say once more that it was interrupted.
    for (Throwable suppressed : e.getSuppressed()) {
      assertInstanceOf(RunInterruptedException.class, suppressed);
    }
    assertTrue(Thread.interrupted(), "the interrupt stays visible to the caller");
    try (Stream<Path> left = Files.list(output.getParent())) {
      assertEquals(List.of(), left.toList());
    }
  }
}
