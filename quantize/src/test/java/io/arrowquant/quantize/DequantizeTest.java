package io.arrowquant.quantize;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.arrowquant.arrow.safetensors.SafeTensorsWriter;
import io.arrowquant.arrow.safetensors.SafeTensorsWriter.Entry;
import io.arrowquant.arrow.tensor.Float32Bits;
import io.arrowquant.core.InvalidConfigException;
import io.arrowquant.core.InvalidModelException;
import io.arrowquant.core.MemoryLimitException;
import io.arrowquant.core.OutputExistsException;
import io.arrowquant.core.Progress;
import io.arrowquant.core.RunInterruptedException;
import io.arrowquant.core.checkpoint.Checkpoint;
import io.arrowquant.core.checkpoint.CheckpointTensor;
import io.arrowquant.core.config.DiffusionQuantConfig;
import io.arrowquant.core.safetensors.DType;
import io.arrowquant.quantize.restore.Restoration;
import io.arrowquant.quantize.restore.RestoreOptions;
import io.arrowquant.quantize.restore.TargetDType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A model written back as SafeTensors is the checkpoint that it was made from. */
class DequantizeTest {

  private static final ArrowQuantV2 ARROW_QUANT = new ArrowQuantV2();
  private static final DiffusionQuantConfig KEEP_ALL =
      DiffusionQuantConfig.builder().bitWidth("none").build();

  @TempDir Path folder;

  @Test
  void keptBitForBitTheFileComesBackByteForByte() throws IOException {
    Path source = folder.resolve("odd.safetensors");
    OddCheckpoint.write(source, OddCheckpoint.TENSORS);
    Path model = quantized(source, KEEP_ALL);
    for (TargetDType dtype : TargetDType.values()) {
      Path back = folder.resolve(dtype + ".safetensors");
      dequantize(model, back, RestoreOptions.DEFAULT.withDType(dtype));
      assertArrayEquals(Files.readAllBytes(source), Files.readAllBytes(back));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "silero_vad_16k.safetensors",
        "taef2_decoder.safetensors",
        "derived_taef2_decoder_bf16.safetensors",
        "dalotia_model-mnist.safetensors",
        "candle_voices.safetensors",
        "swift_data.safetensors",
        "moshi_test_lm_out.safetensors"
      })
  void realModelsComeBack(String name) throws IOException {
    Path source = Path.of(System.getProperty("arrowquant.shared", "absent")).resolve(name);
    assumeTrue(Files.exists(source), "skipped: no real models at " + source);
    Path kept = folder.resolve("kept.safetensors");
    dequantize(quantized(source, KEEP_ALL), kept, RestoreOptions.DEFAULT);
    PlainSafeTensors original = PlainSafeTensors.read(source);
    assertSame(original, PlainSafeTensors.read(kept), 2);

    Path int8 = folder.resolve("int8.safetensors");
    Path model = quantized(source, DiffusionQuantConfig.builder().bitWidth(8).build());
    Restoration restored = dequantize(model, int8, RestoreOptions.DEFAULT);
    assertEquals(original.tensors().size(), restored.tensors());
    assertSame(original, PlainSafeTensors.read(int8), 0.9999);
  }

  /** Bit for bit, but for floats where a cosine of at most 1 is asked for. */
  private static void assertSame(PlainSafeTensors before, PlainSafeTensors after, double cosine) {
    assertEquals(before.tensors().keySet(), after.tensors().keySet());
    assertEquals(before.metadata(), after.metadata());
    before
        .tensors()
        .forEach(
            (name, tensor) -> {
              PlainSafeTensors.Tensor other = after.tensors().get(name);
              assertEquals(tensor.dtype(), other.dtype(), name);
              assertEquals(tensor.shape(), other.shape(), name);
              if (!Arrays.equals(tensor.bytes(), other.bytes())) {
                double found = PlainSafeTensors.cosine(tensor.values(), other.values());
                assertTrue(found >= cosine, () -> name + " has cosine " + found);
              }
            });
  }

  /** An index may name shards in folders of the component. */
  @Test
  void aComponentWhoseShardsLieDeeperComesBack() throws IOException {
    Path source = folder.resolve("pipeline");
    Path shards = Files.createDirectories(source.resolve("unet").resolve("shards"));
    Files.writeString(source.resolve("model_index.json"), "{\"_class_name\": \"Any\"}");
    OddCheckpoint.write(shards.resolve("a.safetensors"), OddCheckpoint.TENSORS.subList(0, 1));
    String name = OddCheckpoint.TENSORS.get(0).name();
    Files.writeString(
        source.resolve("unet").resolve("model.safetensors.index.json"),
        "{\"weight_map\":{\"" + name + "\":\"shards/a.safetensors\"}}");
    Path back = folder.resolve("back");
    dequantize(quantized(source, KEEP_ALL), back, RestoreOptions.DEFAULT);
    assertTrue(Files.isRegularFile(back.resolve("unet").resolve("a.safetensors")));
    assertSameTensors(Checkpoint.open(source), Checkpoint.open(back));
  }

  /** A row group of kept rows that is larger than the limit is no damage. */
  @Test
  void memoryThatDoesNotSufficeIsSaidToBeThat() {
    Path source = folder.resolve("large.safetensors");
    int rows = 600;
    try (SafeTensorsWriter writer =
        SafeTensorsWriter.create(
            source, Map.of(), List.of(new Entry("ids", DType.I64, List.of((long) rows, 4096L))))) {
      for (int row = 0; row < rows; row++) {
        writer.write(ByteBuffer.allocate(4096 * Long.BYTES));
      }
    }
    Path model = quantized(source, DiffusionQuantConfig.defaults());
    RestoreOptions small = RestoreOptions.DEFAULT.withMaxMemoryMb(16);
    Path back = folder.resolve("back.safetensors");
    assertThrows(MemoryLimitException.class, () -> dequantize(model, back, small));
    assertFalse(Files.exists(back));
  }

  @Test
  void aFolderHasShardsAnIndexAndTheCompanionFiles() throws IOException {
    Path source = Files.createDirectory(folder.resolve("checkpoint"));
    List<Entry> tensors = OddCheckpoint.TENSORS;
    OddCheckpoint.write(source.resolve("model-00001-of-00002.safetensors"), tensors.subList(0, 4));
    OddCheckpoint.write(
        source.resolve("model-00002-of-00002.safetensors"), tensors.subList(4, tensors.size()));
    StringBuilder map = new StringBuilder();
    for (int i = 0; i < tensors.size(); i++) {
      map.append(i == 0 ? "" : ",").append('"').append(tensors.get(i).name()).append("\":\"");
      map.append(i < 4 ? "model-00001-of-00002" : "model-00002-of-00002").append(".safetensors\"");
    }
    Files.writeString(
        source.resolve("model.safetensors.index.json"), "{\"weight_map\":{" + map + "}}");
    Files.writeString(source.resolve("config.json"), "{\"model_type\": \"odd\"}");
    Path model = quantized(source, DiffusionQuantConfig.defaults());

    Path back = folder.resolve("back");
    dequantize(model, back, RestoreOptions.DEFAULT.withMaxShardBytes(200_000));
    assertEquals(
        new TreeSet<>(
            List.of(
                "config.json",
                "model-00001-of-00003.safetensors",
                "model-00002-of-00003.safetensors",
                "model-00003-of-00003.safetensors",
                "model.safetensors.index.json")),
        names(back));
    assertSameTensors(Checkpoint.open(source), Checkpoint.open(back));

    assertThrows(
        OutputExistsException.class, () -> dequantize(model, back, RestoreOptions.DEFAULT));
    dequantize(model, back, RestoreOptions.DEFAULT.withOverwrite(true));
    assertEquals(new TreeSet<>(List.of("config.json", "model.safetensors")), names(back));

    Files.writeString(back.resolve("thesis.doc"), "precious");
    assertThrows(
        OutputExistsException.class,
        () -> dequantize(model, back, RestoreOptions.DEFAULT.withOverwrite(true)));
    assertTrue(Files.exists(back.resolve("thesis.doc")));
  }

  @Test
  void aDiffusersFolderHasItsComponentsBack() throws IOException {
    Path source = Files.createDirectories(folder.resolve("pipe"));
    Files.writeString(
        source.resolve("model_index.json"),
        "{\"_class_name\":\"Pipe\",\"unet\":[\"diffusers\",\"U\"],\"vae\":[\"diffusers\",\"V\"]}");
    for (String component : List.of("unet", "vae")) {
      Path part = Files.createDirectory(source.resolve(component));
      Files.writeString(part.resolve("config.json"), "{}");
      OddCheckpoint.write(
          part.resolve("diffusion_pytorch_model.safetensors"), OddCheckpoint.TENSORS);
    }
    Path back = folder.resolve("back");
    dequantize(quantized(source, KEEP_ALL), back, RestoreOptions.DEFAULT);
    for (String file :
        List.of(
            "model_index.json",
            "unet/config.json",
            "unet/diffusion_pytorch_model.safetensors",
            "vae/diffusion_pytorch_model.safetensors")) {
      assertArrayEquals(
          Files.readAllBytes(source.resolve(file)), Files.readAllBytes(back.resolve(file)), file);
    }
  }

  @Test
  void anEightBitFloatGetsItsScalesTakenOutAgain() throws IOException {
    Path source = folder.resolve("fp8.safetensors");
    byte[] stored = new byte[64 * 256];
    Random random = new Random(3);
    for (int i = 0; i < stored.length; i++) {
      stored[i] = (byte) (random.nextInt(0x60) | (random.nextBoolean() ? 0x80 : 0));
    }
    List<Entry> tensors =
        List.of(
            new Entry("a.weight", DType.F8_E4M3, List.of(64L, 256L)),
            new Entry("a.weight_scale", DType.F32, List.of()));
    try (SafeTensorsWriter writer = SafeTensorsWriter.create(source, Map.of(), tensors)) {
      writer.write(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putFloat(0.0123f).flip());
      writer.write(ByteBuffer.wrap(stored));
    }
    Path model = quantized(source, DiffusionQuantConfig.builder().bitWidth(8).build());

    Path same = folder.resolve("same.safetensors");
    dequantize(model, same, RestoreOptions.DEFAULT);
    PlainSafeTensors back = PlainSafeTensors.read(same);
    double cosine =
        PlainSafeTensors.cosine(float8(stored), float8(back.tensors().get("a.weight").bytes()));
    assertTrue(cosine > 0.998, "cosine " + cosine);
    assertTrue(back.tensors().containsKey("a.weight_scale"));

    Path wide = folder.resolve("wide.safetensors");
    Restoration restored =
        dequantize(model, wide, RestoreOptions.DEFAULT.withDType(TargetDType.F32));
    PlainSafeTensors widened = PlainSafeTensors.read(wide);
    assertFalse(widened.tensors().containsKey("a.weight_scale"));
    assertEquals(1, restored.notes().size());
    double[] values = widened.tensors().get("a.weight").values();
    double[] before = float8(stored);
    double product = 0;
    double squares = 0;
    for (int i = 0; i < values.length; i++) {
      product += values[i] * before[i];
      squares += before[i] * before[i];
    }
    assertEquals(0.0123, product / squares, 0.0123 * 0.001);
  }

  private static double[] float8(byte[] bytes) {
    double[] values = new double[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      values[i] = Float.intBitsToFloat(Float32Bits.widen(DType.F8_E4M3, bytes[i] & 0xff));
    }
    return values;
  }

  @Test
  void whatFloat16CannotHoldIsSaidAndNothingIsLeft() throws IOException {
    Path source = folder.resolve("large.safetensors");
    List<Entry> tensors = List.of(new Entry("a.weight", DType.F32, List.of(64L, 64L)));
    try (SafeTensorsWriter writer = SafeTensorsWriter.create(source, Map.of(), tensors)) {
      ByteBuffer bytes = ByteBuffer.allocate(64 * 64 * 4).order(ByteOrder.LITTLE_ENDIAN);
      while (bytes.hasRemaining()) {
        bytes.putFloat(1e6f + bytes.position());
      }
      writer.write(bytes.flip());
    }
    Path model = quantized(source, DiffusionQuantConfig.builder().bitWidth(8).build());
    Path back = folder.resolve("back.safetensors");
    InvalidConfigException beyond =
        assertThrows(
            InvalidConfigException.class,
            () -> dequantize(model, back, RestoreOptions.DEFAULT.withDType(TargetDType.F16)));
    assertTrue(beyond.getMessage().contains("a.weight"), beyond.getMessage());
    assertNothingBut(source, model);
    dequantize(model, back, RestoreOptions.DEFAULT.withDType(TargetDType.BF16));
    assertEquals("BF16", PlainSafeTensors.read(back).tensors().get("a.weight").dtype());
  }

  @Test
  void interruptedOrDamagedItLeavesNothing() throws IOException {
    Path source = folder.resolve("odd.safetensors");
    OddCheckpoint.write(source, OddCheckpoint.TENSORS);
    Path model = quantized(source, DiffusionQuantConfig.defaults());
    Path back = folder.resolve("back");
    Thread.currentThread().interrupt();
    assertThrows(
        RunInterruptedException.class, () -> dequantize(model, back, RestoreOptions.DEFAULT));
    assertTrue(Thread.interrupted());
    assertNothingBut(source, model);

    Path part = model.resolve("weights/part-00000.parquet");
    byte[] bytes = Files.readAllBytes(part);
    bytes[bytes.length / 3] ^= 0x10;
    Files.write(part, bytes);
    assertThrows(
        InvalidModelException.class, () -> dequantize(model, back, RestoreOptions.DEFAULT));
    assertNothingBut(source, model);
    assertThrows(
        OutputExistsException.class,
        () -> dequantize(model, model.resolve("inside"), RestoreOptions.DEFAULT));
  }

  @Test
  void progressEndsAtTheTotalAndThreadsDoNotMatter() throws IOException {
    Path source = folder.resolve("odd.safetensors");
    OddCheckpoint.write(source, OddCheckpoint.TENSORS);
    Path model = quantized(source, DiffusionQuantConfig.builder().bitWidth(3).build());
    long[] last = new long[2];
    Path one = folder.resolve("one.safetensors");
    Restoration restored =
        ARROW_QUANT.dequantize(
            model,
            one,
            RestoreOptions.DEFAULT.withThreads(1),
            (current, total, message) -> {
              assertTrue(current >= last[0]);
              last[0] = current;
              last[1] = total;
            });
    assertEquals(restored.bytes(), last[0]);
    assertEquals(restored.bytes(), last[1]);
    Path four = folder.resolve("four.safetensors");
    dequantize(model, four, RestoreOptions.DEFAULT.withThreads(4));
    assertArrayEquals(Files.readAllBytes(one), Files.readAllBytes(four));
  }

  private Path quantized(Path source, DiffusionQuantConfig config) {
    Path model = folder.resolve("model-" + config.bitWidth());
    ARROW_QUANT.quantizeFromSafeTensors(source, model, config);
    return model;
  }

  private static Restoration dequantize(Path model, Path back, RestoreOptions options) {
    return ARROW_QUANT.dequantize(model, back, options, Progress.NONE);
  }

  private void assertNothingBut(Path source, Path model) throws IOException {
    assertEquals(
        new TreeSet<>(List.of(source.getFileName().toString(), model.getFileName().toString())),
        names(folder));
  }

  private static Set<String> names(Path folder) throws IOException {
    Set<String> names = new TreeSet<>();
    try (Stream<Path> files = Files.list(folder)) {
      files.forEach(file -> names.add(file.getFileName().toString()));
    }
    return names;
  }

  private static void assertSameTensors(Checkpoint before, Checkpoint after) {
    assertEquals(before.tensors().size(), after.tensors().size());
    for (CheckpointTensor tensor : before.tensors()) {
      CheckpointTensor other = after.tensor(tensor.name()).orElseThrow();
      assertEquals(tensor.dtype(), other.dtype());
      assertEquals(tensor.shape(), other.shape());
    }
  }
}
