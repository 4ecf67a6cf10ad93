package io.arrowquant.spark.job;

import io.arrowquant.arrow.safetensors.SafeTensorsWriter.Entry;
import io.arrowquant.arrow.safetensors.ShardedSafeTensorsWriter;
import io.arrowquant.core.safetensors.DType;
import io.arrowquant.core.safetensors.TensorInfo;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * A checkpoint in two shards with all that makes tensors take different ways: small ones that share
 * a row group, hard ones among them, NaN and infinities, one of several slices, scales beside 8-bit
 * floats, dtypes that are kept.
 */
public final class TestCheckpoint {

  private static final int BLOCK = 1 << 20;

  private TestCheckpoint() {}

  /** The odd ones. */
  public static List<Entry> odd() {
    List<Entry> entries = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      entries.add(new Entry("blocks." + i + ".easy.weight", DType.BF16, List.of(64L, 256L)));
    }
    entries.add(new Entry("blocks.2.hard.weight", DType.F32, List.of(64L, 256L)));
    entries.add(new Entry("blocks.3.nan.weight", DType.F32, List.of(64L, 256L)));
    entries.add(new Entry("blocks.4.infinite.weight", DType.F32, List.of(20_000L, 256L)));
    entries.add(new Entry("blocks.5.large.weight", DType.BF16, List.of(20_000L, 256L)));
    entries.add(new Entry("blocks.5.largehard.weight", DType.F16, List.of(18_000L, 256L)));
    entries.add(new Entry("blocks.6.scaled.weight", DType.F8_E4M3, List.of(256L, 256L)));
    entries.add(new Entry("blocks.6.scaled.weight_scale_inv", DType.F32, List.of(2L, 2L)));
    entries.add(new Entry("blocks.7.norm.weight", DType.F32, List.of(77L)));
    entries.add(new Entry("mask", DType.BOOL, List.of(5L, 9L)));
    entries.add(new Entry("steps", DType.I64, List.of(100L)));
    return entries;
  }

  /** Matrices of 4 Mi weights in BF16, and a norm beside each. */
  public static List<Entry> plain(int matrices) {
    List<Entry> entries = new ArrayList<>();
    for (int i = 0; i < matrices; i++) {
      String block = "blocks.%03d.".formatted(i);
      entries.add(new Entry(block + "weight", DType.BF16, List.of(2048L, 2048L)));
      entries.add(new Entry(block + "norm.weight", DType.BF16, List.of(2048L)));
    }
    return entries;
  }

  public static void write(Path folder, List<Entry> entries) throws IOException {
    Files.createDirectories(folder);
    Files.writeString(folder.resolve("config.json"), "{\"architectures\":[\"LlamaForCausalLM\"]}");
    long bytes = entries.stream().mapToLong(Entry::byteSize).sum();
    try (ShardedSafeTensorsWriter writer =
        ShardedSafeTensorsWriter.create(
            folder, "model", Map.of("format", "pt"), entries, (bytes + 1) / 2)) {
      while (writer.current().isPresent()) {
        write(writer.current().get(), writer);
      }
    }
  }

  private static void write(TensorInfo tensor, ShardedSafeTensorsWriter writer) {
    Random random = new Random(tensor.name().hashCode());
    int width = tensor.dtype().bits() / 8;
    long left = tensor.elementCount();
    ByteBuffer block = ByteBuffer.allocate(BLOCK).order(ByteOrder.LITTLE_ENDIAN);
    while (left > 0) {
      block.clear();
      for (int i = 0; i < BLOCK / width && left > 0; i++, left--) {
        put(block, tensor, value(tensor.name(), random, left));
      }
      writer.write(block.flip());
    }
  }

  private static float value(String name, Random random, long left) {
    // Four draws are near enough to a bell, and much cheaper than one.
    int bits = random.nextInt();
    float bell = (bits >> 24) + (bits << 8 >> 24) + (bits << 16 >> 24) + (bits << 24 >> 24);
    if (name.contains("easy")) {
      return bits & 3;
    }
    if (name.contains("hard")) {
      return (bits & 63) == 0 ? bell : bell / 64;
    }
    if (left == 1 && name.contains("infinite")) {
      return Float.POSITIVE_INFINITY;
    }
    return left == 5000 && name.contains("nan") ? Float.NaN : bell / 64;
  }

  private static void put(ByteBuffer target, TensorInfo tensor, float value) {
    switch (tensor.dtype()) {
      case F32 -> target.putFloat(value);
      case BF16 -> target.putShort((short) (Float.floatToRawIntBits(value) >>> 16));
      // Exponents from 2^-3 to 1, those of hard ones up to 2^12.
      case F16 ->
          target.putShort((short) ((int) (value * 4096) & 0x8fff | (value > 3 ? 0x6800 : 0x3000)));
      case F8_E4M3 -> target.put((byte) ((int) (value * 64) & 0xbf));
      case BOOL -> target.put((byte) (value > 0 ? 1 : 0));
      default -> target.putLong((long) (value * 1000));
    }
  }
}
