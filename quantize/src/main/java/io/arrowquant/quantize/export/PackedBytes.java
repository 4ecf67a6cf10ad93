package io.arrowquant.quantize.export;

import io.arrowquant.quantize.kernel.Pack;
import io.arrowquant.quantize.kernel.PackedStrip;
import io.arrowquant.quantize.kernel.Unpack;
import java.nio.ByteBuffer;
import java.util.function.Consumer;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;

/** Rows of packed codes as they lie in the pages: whole bytes, least significant bits first. */
final class PackedBytes {

  private static final int STAGE = 4096;

  private PackedBytes() {}

  /** The codes of all rows, whose columns are a multiple of 8. */
  static Content of(PackedStrips strips, BufferAllocator memory) {
    return sink -> strips.forEach(strip -> write(strip, memory, sink));
  }

  private static void write(PackedStrip strip, BufferAllocator memory, Consumer<ByteBuffer> sink) {
    long codes = (long) strip.rowCount() * strip.columns();
    if (strip.firstCode() % 8 == 0) {
      long first = (long) strip.firstCode() / 8 * strip.bits();
      sink.accept(strip.page().nioBuffer(first, Math.toIntExact(codes / 8 * strip.bits())));
    } else {
      repack(strip, Math.toIntExact(codes), memory, sink);
    }
  }

  /** Behind rows of odd length in the same page, codes begin inside a byte. */
  private static void repack(
      PackedStrip strip, int codes, BufferAllocator memory, Consumer<ByteBuffer> sink) {
    int half = 1 << (strip.bits() - 1);
    byte[] signed = new byte[STAGE];
    int[] unsigned = new int[STAGE];
    try (ArrowBuf packed = memory.buffer(STAGE / 8 * strip.bits() + Pack.SLACK)) {
      for (int done = 0; done < codes; done += STAGE) {
        int n = Math.min(STAGE, codes - done);
        Unpack.codes(
            strip.page().memoryAddress(), strip.bits(), strip.firstCode() + done, n, signed);
        for (int i = 0; i < n; i++) {
          unsigned[i] = signed[i] + half;
        }
        Pack.pack(unsigned, n, strip.bits(), packed.memoryAddress(), signed);
        sink.accept(packed.nioBuffer(0, n / 8 * strip.bits()));
      }
    }
  }
}
