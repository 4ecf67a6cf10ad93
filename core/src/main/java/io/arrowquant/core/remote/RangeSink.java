package io.arrowquant.core.remote;

import java.nio.ByteBuffer;

/** Takes the bytes of a range as they arrive, in order, one call at a time. */
@FunctionalInterface
public interface RangeSink {

  /**
   * @param offset of the first byte, counted from the start of the range
   * @param bytes to be read within the call
   */
  void accept(long offset, ByteBuffer bytes);
}
