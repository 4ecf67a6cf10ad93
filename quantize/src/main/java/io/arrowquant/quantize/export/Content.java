package io.arrowquant.quantize.export;

import java.nio.ByteBuffer;
import java.util.function.Consumer;

/** The bytes of a tensor, given piece by piece. */
@FunctionalInterface
interface Content {

  /**
   * @param sink takes each piece before the next is made
   */
  void writeTo(Consumer<ByteBuffer> sink);
}
