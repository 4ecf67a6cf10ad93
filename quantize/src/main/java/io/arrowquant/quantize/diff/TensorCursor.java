package io.arrowquant.quantize.diff;

import io.arrowquant.core.safetensors.DType;
import org.apache.arrow.memory.ArrowBuf;

/** The values of a tensor from front to back, in pieces. For one thread. */
interface TensorCursor extends AutoCloseable {

  /** Goes to the next piece; false at the end. */
  boolean next();

  /** What the piece's elements are: the tensor's own, or F32 where it is decoded. */
  DType dtype();

  /** Elements of the piece. */
  long count();

  /** The piece's elements, valid until {@link #next} or {@link #close}. */
  ArrowBuf bytes();

  @Override
  void close();
}
