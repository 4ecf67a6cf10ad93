package io.arrowquant.quantize.export;

import io.arrowquant.core.safetensors.DType;
import io.arrowquant.quantize.kernel.PackedStrip;
import io.arrowquant.quantize.kernel.Unpack;
import java.nio.ByteBuffer;
import java.util.function.Consumer;

/** Quantized rows as blocks of 32 weights, each behind its own scale. */
final class GgufBlocks {

  private static final int BLOCK = 32;

  private final GgufType type;
  private final byte[] codes = new byte[BLOCK];

  private GgufBlocks(GgufType type) {
    this.type = type;
  }

  static Content of(PackedStrips strips, GgufType type) {
    return sink -> strips.forEach(strip -> new GgufBlocks(type).write(strip, sink));
  }

  private void write(PackedStrip strip, Consumer<ByteBuffer> sink) {
    NumberWriter out = new NumberWriter(sink);
    int code = strip.firstCode();
    for (int row = 0; row < strip.rowCount(); row++) {
      for (int column = 0; column < strip.columns(); column += BLOCK) {
        int group = strip.firstGroup() + row * strip.groupsPerRow() + column / strip.groupSize();
        Unpack.codes(strip.page().memoryAddress(), strip.bits(), code, BLOCK, codes);
        block(strip.scales()[group], strip.zeroPoints()[group], out);
        code += BLOCK;
      }
    }
    out.flush();
  }

  private void block(float scale, float zeroPoint, NumberWriter out) {
    out.put(DType.F16, scale);
    switch (type) {
      case Q8_0 -> {
        for (byte code : codes) {
          out.putByte(code);
        }
      }
      case Q4_0 -> halves(out);
      case Q4_1 -> {
        out.put(DType.F16, (float) GroupSurvey.minimum(scale, zeroPoint, 8));
        halves(out);
      }
      default -> throw new IllegalStateException("no blocks: " + type);
    }
  }

  /** The first 16 codes in the low halves of bytes, the others in the high ones. */
  private void halves(NumberWriter out) {
    for (int i = 0; i < BLOCK / 2; i++) {
      out.putByte(codes[i] + 8 | codes[i + BLOCK / 2] + 8 << 4);
    }
  }
}
