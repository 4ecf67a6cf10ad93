package io.arrowquant.core.safetensors;

import java.util.List;

/**
 * One tensor as its header describes it.
 *
 * @param name any string: data, never a path
 * @param dtype element type
 * @param shape dimensions, outermost first; empty for a scalar
 * @param begin first byte, counted from the start of the file's data
 * @param end byte after the last, counted from the start of the file's data
 */
public record TensorInfo(String name, DType dtype, List<Long> shape, long begin, long end) {

  public TensorInfo {
    shape = List.copyOf(shape);
  }

  /** Number of elements: 1 for a scalar, 0 where a dimension is 0. */
  public long elementCount() {
    long count = 1;
    for (long dimension : shape) {
      count *= dimension;
    }
    return count;
  }

  /** Bytes of data in the file. */
  public long byteSize() {
    return end - begin;
  }
}
