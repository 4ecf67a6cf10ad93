package io.arrowquant.quantize.kernel;

import io.arrowquant.arrow.tensor.Widening;
import io.arrowquant.core.safetensors.DType;
import java.util.EnumMap;
import java.util.Map;

/** The values of 8-bit floats by their bits, ready to look up. */
final class SmallFloats {

  private static final Map<DType, float[]> TABLES = new EnumMap<>(DType.class);

  static {
    for (DType dtype : DType.values()) {
      if (dtype.kind() == DType.Kind.FLOAT && dtype.bits() == 8) {
        TABLES.put(dtype, floats(Widening.float8(dtype)));
      }
    }
  }

  private SmallFloats() {}

  /** All 256 values; null for a dtype that is no 8-bit float. */
  static float[] table(DType dtype) {
    return TABLES.get(dtype);
  }

  private static float[] floats(int[] bits) {
    float[] floats = new float[bits.length];
    for (int i = 0; i < bits.length; i++) {
      floats[i] = Float.intBitsToFloat(bits[i]);
    }
    return floats;
  }
}
