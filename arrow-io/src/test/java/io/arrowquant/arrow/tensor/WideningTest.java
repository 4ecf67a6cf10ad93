package io.arrowquant.arrow.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.core.UnsupportedDTypeException;
import io.arrowquant.core.safetensors.DType;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class WideningTest {

  private final BufferAllocator allocator = new RootAllocator();

  @AfterEach
  void nothingLeft() {
    allocator.close();
  }

  @Test
  void everyHalfIsExact() {
    ByteBuffer halves = buffer(2 << 16);
    for (int h = 0; h < 1 << 16; h++) {
      halves.putShort((short) h);
    }
    int[] widened = widen(DType.F16, halves, 1 << 16);
    for (int h = 0; h < 1 << 16; h++) {
      int exponent = h >> 10 & 31;
      int fraction = h & 1023;
      if (exponent == 31) {
        assertEquals((h & 0x8000) << 16 | 0x7f800000 | fraction << 13, widened[h]);
      } else {
        double magnitude =
            exponent == 0
                ? fraction * Math.pow(2, -24)
                : (1024 + fraction) * Math.pow(2, exponent - 25);
        assertEquals(bits(h < 0x8000 ? magnitude : -magnitude), widened[h]);
      }
    }
  }

  @Test
  void everyBfloat16IsItsUpperHalf() {
    ByteBuffer all = buffer(2 << 16);
    for (int h = 0; h < 1 << 16; h++) {
      all.putShort((short) h);
    }
    int[] widened = widen(DType.BF16, all, 1 << 16);
    for (int h = 0; h < 1 << 16; h++) {
      assertEquals(h << 16, widened[h]);
    }
  }

  /** Each byte against the definition of its format: bias, fraction bits, what is special. */
  @Test
  void everyFloat8IsExact() {
    assertFormat(DType.F8_E4M3, 3, 7);
    assertFormat(DType.F8_E4M3FNUZ, 3, 8);
    assertFormat(DType.F8_E5M2, 2, 15);
    assertFormat(DType.F8_E5M2FNUZ, 2, 16);
    int[] scales = Widening.float8(DType.F8_E8M0);
    for (int b = 0; b < 255; b++) {
      assertEquals(bits(Math.pow(2, b - 127)), scales[b]);
    }
    assertTrue(Float.isNaN(Float.intBitsToFloat(scales[255])));
    assertEquals(448f, Float.intBitsToFloat(Widening.float8(DType.F8_E4M3)[0x7e]));
    assertEquals(240f, Float.intBitsToFloat(Widening.float8(DType.F8_E4M3FNUZ)[0x7f]));
    assertEquals(57344f, Float.intBitsToFloat(Widening.float8(DType.F8_E5M2)[0x7b]));
    assertEquals(57344f, Float.intBitsToFloat(Widening.float8(DType.F8_E5M2FNUZ)[0x7f]));
    assertThrows(IllegalArgumentException.class, () -> Widening.float8(DType.I8));
  }

  @Test
  void runsOfFloat8UseTheirTable() {
    for (DType dtype : DType.values()) {
      if (dtype.kind() == DType.Kind.FLOAT && dtype.bits() == 8) {
        ByteBuffer all = buffer(256);
        for (int b = 0; b < 256; b++) {
          all.put((byte) b);
        }
        int[] widened = widen(dtype, all, 256);
        for (int b = 0; b < 256; b++) {
          assertEquals(Widening.float8(dtype)[b], widened[b]);
        }
      }
    }
  }

  @Test
  void integersRoundOnceToTheNearest() {
    long[] samples = {
      0,
      1,
      -1,
      127,
      -128,
      32767,
      1 << 24,
      (1 << 24) + 1,
      (1 << 24) + 3,
      Integer.MAX_VALUE,
      Integer.MIN_VALUE,
      Long.MAX_VALUE,
      Long.MIN_VALUE,
      0x8000008000000001L,
      0x8000008000000000L,
      0xffffff8000000000L,
      0x0123456789abcdefL
    };
    for (DType dtype :
        new DType[] {
          DType.U8, DType.I8, DType.U16, DType.I16, DType.U32, DType.I32, DType.U64, DType.I64
        }) {
      ByteBuffer bytes = buffer(samples.length * 8);
      for (long sample : samples) {
        switch (dtype.bits()) {
          case 8 -> bytes.put((byte) sample);
          case 16 -> bytes.putShort((short) sample);
          case 32 -> bytes.putInt((int) sample);
          default -> bytes.putLong(sample);
        }
      }
      int[] widened = widen(dtype, bytes, samples.length);
      for (int i = 0; i < samples.length; i++) {
        int unused = 64 - dtype.bits();
        BigDecimal exact =
            dtype.name().startsWith("U")
                ? new BigDecimal(Long.toUnsignedString(samples[i] << unused >>> unused))
                : BigDecimal.valueOf(samples[i] << unused >> unused);
        assertEquals(exact.floatValue(), Float.intBitsToFloat(widened[i]), dtype + " " + exact);
      }
    }
  }

  @Test
  void theRest() {
    int[] doubles =
        widen(DType.F64, buffer(16).putDouble(0.1).putDouble(Double.NEGATIVE_INFINITY), 2);
    assertEquals(Float.floatToRawIntBits(0.1f), doubles[0]);
    assertEquals(Float.floatToRawIntBits(Float.NEGATIVE_INFINITY), doubles[1]);
    int[] masks = widen(DType.BOOL, buffer(2).put((byte) 0).put((byte) 1), 2);
    assertEquals(0f, Float.intBitsToFloat(masks[0]));
    assertEquals(1f, Float.intBitsToFloat(masks[1]));
    int signalling = 0x7f800001;
    assertEquals(signalling, widen(DType.F32, buffer(4).putInt(signalling), 1)[0]);
    for (DType dtype : DType.values()) {
      if (!Widening.supports(dtype)) {
        assertThrows(UnsupportedDTypeException.class, () -> widen(dtype, buffer(64), 1));
      }
    }
  }

  private static void assertFormat(DType dtype, int fractionBits, int bias) {
    int[] table = Widening.float8(dtype);
    boolean unsignedZero = dtype.name().endsWith("FNUZ");
    int topExponent = 127 >> fractionBits;
    for (int b = 0; b < 256; b++) {
      int exponent = (b & 127) >> fractionBits;
      int fraction = b & (1 << fractionBits) - 1;
      boolean ieeeSpecial = dtype == DType.F8_E5M2 && exponent == topExponent;
      boolean nan =
          unsignedZero
              ? b == 128
              : ieeeSpecial ? fraction != 0 : dtype == DType.F8_E4M3 && (b & 127) == 127;
      float value = Float.intBitsToFloat(table[b]);
      if (nan) {
        assertTrue(Float.isNaN(value), dtype + " " + b);
      } else if (ieeeSpecial) {
        assertEquals(b < 128 ? Float.POSITIVE_INFINITY : Float.NEGATIVE_INFINITY, value);
      } else {
        double unit = Math.pow(2, -fractionBits);
        double magnitude =
            exponent == 0
                ? fraction * unit * Math.pow(2, 1 - bias)
                : (1 + fraction * unit) * Math.pow(2, exponent - bias);
        assertEquals(bits(b < 128 ? magnitude : -magnitude), table[b], dtype + " " + b);
      }
    }
  }

  /** The bits of a value that must be a float32 exactly. */
  private static int bits(double value) {
    assertEquals(value, (float) value);
    return Float.floatToRawIntBits((float) value);
  }

  private static ByteBuffer buffer(int size) {
    return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** At an odd address, into the middle of a buffer whose other elements stay as they are. */
  private int[] widen(DType dtype, ByteBuffer elements, int count) {
    try (ArrowBuf source = allocator.buffer(elements.capacity() + 1);
        ArrowBuf target = allocator.buffer((count + 2) * 4L)) {
      source.setBytes(1, elements.clear());
      target.setZero(0, target.capacity());
      Widening.widen(dtype, source.slice(1, elements.capacity()), target, 1, count);
      assertEquals(0, target.getInt(0));
      assertEquals(0, target.getInt((count + 1) * 4L));
      int[] widened = new int[count];
      for (int i = 0; i < count; i++) {
        widened[i] = target.getInt((i + 1) * 4L);
      }
      return widened;
    }
  }
}
