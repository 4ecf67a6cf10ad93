package io.arrowquant.quantize.kernel;

import org.apache.arrow.memory.util.MemoryUtil;

/**
 * Scales of input channels on float32 rows in native memory. What {@link #multiply} rounds, {@link
 * #divide} does not bring back; errors are measured behind it.
 */
public final class ChannelScales {

  private ChannelScales() {}

  /**
   * Divides weights by their columns' scales, in place.
   *
   * @param address of {@code n} float32 values, row after row
   * @param scales one for each column of the tensor
   * @param column of the first value
   * @param firstColumn where every row begins
   * @param columns values of a whole row
   */
  public static void divide(
      long address, int n, float[] scales, int column, int firstColumn, int columns) {
    int end = firstColumn + columns;
    for (int i = 0, c = column; i < n; i++) {
      long at = address + 4L * i;
      MemoryUtil.putInt(at, Float.floatToRawIntBits(get(at) / scales[c]));
      c = c + 1 == end ? firstColumn : c + 1;
    }
  }

  /** Multiplies them, likewise. */
  public static void multiply(
      long address, int n, float[] scales, int column, int firstColumn, int columns) {
    int end = firstColumn + columns;
    for (int i = 0, c = column; i < n; i++) {
      long at = address + 4L * i;
      MemoryUtil.putInt(at, Float.floatToRawIntBits(get(at) * scales[c]));
      c = c + 1 == end ? firstColumn : c + 1;
    }
  }

  private static float get(long address) {
    return Float.intBitsToFloat(MemoryUtil.getInt(address));
  }
}
