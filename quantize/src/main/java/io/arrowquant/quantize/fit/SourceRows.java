package io.arrowquant.quantize.fit;

import io.arrowquant.core.safetensors.DType;
import org.apache.arrow.memory.ArrowBuf;

/**
 * The source bytes of the rows of one run: row-major, contiguous, little-endian. Borrowed from the
 * caller, who keeps the buffer open while it is read.
 *
 * @param dtype a floating-point type of at least 8 bits
 * @param bytes holds the rows
 * @param offset where in {@code bytes} they begin
 * @param importance what errors in each column count; null if alike
 */
public record SourceRows(DType dtype, ArrowBuf bytes, long offset, ColumnImportance importance) {

  /** Rows whose columns count alike. */
  public SourceRows(DType dtype, ArrowBuf bytes, long offset) {
    this(dtype, bytes, offset, null);
  }

  /** Importance of each column, 1 on average; null if alike. */
  float[] columnImportance() {
    return importance == null || importance.isEven() ? null : importance.values();
  }

  /** Whether a column counts so much more than most that its weights alone may set a range. */
  boolean hasMassiveColumns() {
    return importance != null && importance.isMassive();
  }

  /** Native address of the element {@code index}. */
  long address(long index) {
    return bytes.memoryAddress() + offset + index * (dtype.bits() / 8);
  }

  /** Whether {@code weights} elements lie inside the buffer. */
  boolean holds(long weights) {
    return offset >= 0 && weights <= (bytes.capacity() - offset) / (dtype.bits() / 8);
  }
}
