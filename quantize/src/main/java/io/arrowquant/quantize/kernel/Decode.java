package io.arrowquant.quantize.kernel;

/**
 * Packed codes, scales and zero points to float32: {@code (code - zero_point) * scale}. One
 * instance per thread.
 */
public final class Decode {

  private final byte[] codes = new byte[Widen.STAGE];
  private final float[] weights = new float[Widen.STAGE];
  private final NativeWindow window = new NativeWindow();

  /**
   * Decodes {@code n} values of a page, in order over its rows.
   *
   * @param packed address of the page's packed codes
   * @param first index in the page of the first value
   * @param column its column in its row (or piece of a row)
   * @param columns columns of a row; every row of the range has as many
   * @param groupSize columns that share a scale
   * @param scales scales of the groups in row order
   * @param zeroPoints their zero points
   * @param group index into both of the group of the first value
   * @param target address of {@code 4 * n} bytes that are written
   */
  public void toFloat(
      long packed,
      int bits,
      int first,
      int column,
      int columns,
      int groupSize,
      float[] scales,
      float[] zeroPoints,
      int group,
      int n,
      long target) {
    int done = 0;
    while (done < n) {
      int staged = Math.min(Widen.STAGE, n - done);
      Unpack.codes(packed, bits, first + done, staged, codes);
      int from = 0;
      while (from < staged) {
        int groupEnd = Math.min((column / groupSize + 1) * groupSize, columns);
        int span = Math.min(groupEnd - column, staged - from);
        decode(codes, from, span, scales[group], zeroPoints[group], weights);
        from += span;
        column += span;
        if (column == groupEnd) {
          group++;
          column = column == columns ? 0 : column;
        }
      }
      int at = window.locate(target + 4L * done, Float.BYTES);
      window.floats().put(at, weights, 0, staged);
      done += staged;
    }
  }

  private static void decode(
      byte[] codes, int at, int n, float scale, float zeroPoint, float[] weights) {
    for (int i = at; i < at + n; i++) {
      weights[i] = (codes[i] - zeroPoint) * scale;
    }
  }
}
