package io.arrowquant.quantize;

import io.arrowquant.arrow.safetensors.SafeTensorsWriter;
import io.arrowquant.arrow.safetensors.SafeTensorsWriter.Entry;
import io.arrowquant.core.safetensors.DType;
import io.arrowquant.core.safetensors.TensorInfo;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** A small checkpoint of many dtypes and odd shapes; the same numbers however it is split. */
final class OddCheckpoint {

  static final String NAN = "blocks.5.nan.weight";

  static final List<Entry> TENSORS =
      List.of(
          new Entry("blocks.0.attn.weight", DType.F32, List.of(65L, 333L)),
          new Entry("blocks.1.conv.weight", DType.F16, List.of(40L, 7L, 3L, 3L)),
          new Entry("blocks.2.wide.weight", DType.BF16, List.of(2L, 70_001L)),
          new Entry("blocks.3.mlp.weight", DType.F64, List.of(33L, 130L)),
          new Entry("blocks.4.mlp.weight", DType.F8_E4M3, List.of(64L, 100L)),
          new Entry(NAN, DType.F32, List.of(40L, 64L)),
          new Entry("blocks.6.constant.weight", DType.F32, List.of(40L, 64L)),
          new Entry("blocks.7.experts.weight", DType.BF16, List.of(3L, 20L, 96L)),
          new Entry("blocks.7.norm.bias", DType.F32, List.of(77L)),
          new Entry("steps", DType.I64, List.of(100L)),
          new Entry("mask", DType.BOOL, List.of(5L, 9L)));

  private OddCheckpoint() {}

  static void write(Path file, List<Entry> tensors) {
    try (SafeTensorsWriter writer = SafeTensorsWriter.create(file, Map.of(), tensors)) {
      while (writer.current().isPresent()) {
        writer.write(bytes(writer.current().get()));
      }
    }
  }

  private static ByteBuffer bytes(TensorInfo tensor) {
    Random random = new Random(tensor.name().hashCode());
    ByteBuffer bytes = ByteBuffer.allocate((int) tensor.byteSize()).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; bytes.hasRemaining(); i++) {
      float value = tensor.name().contains("constant") ? 0.7f : (float) random.nextGaussian();
      switch (tensor.dtype()) {
        case F32 -> bytes.putFloat(tensor.name().equals(NAN) && i == 100 ? Float.NaN : value);
        case F64 -> bytes.putDouble(random.nextGaussian());
        case BF16 -> bytes.putShort((short) (Float.floatToRawIntBits(value) >>> 16));
        // Signs and mantissas at random, exponents from 2^-3 to 1.
        case F16 -> bytes.putShort((short) (random.nextInt() & 0x8fff | 0x3000));
        case F8_E4M3 -> bytes.put((byte) (random.nextInt() & 0xbf));
        case BOOL -> bytes.put((byte) (i & 1));
        default -> bytes.putLong(random.nextLong());
      }
    }
    return bytes.flip();
  }
}
