package io.arrowquant.arrow.parquet.reader;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.Buffer;
import java.nio.ByteBuffer;

/**
 * Views of a buffer of types that the JVM may have and Java 17, in which this is written, does not:
 * the caller says which, and the method that makes it is found by name.
 */
final class BufferView {

  private static final String SEGMENT = "java.lang.foreign.MemorySegment";

  private BufferView() {}

  /**
   * @param type {@code ByteBuffer} or {@code MemorySegment}
   * @throws IllegalArgumentException if it is another
   */
  static <T> T of(ByteBuffer bytes, Class<T> type) {
    ByteBuffer view = bytes.asReadOnlyBuffer().order(bytes.order());
    if (type == ByteBuffer.class) {
      return type.cast(view);
    }
    if (!type.getName().equals(SEGMENT)) {
      throw new IllegalArgumentException(
          "no view as "
              + type.getName()
              + ", only as "
              + ByteBuffer.class.getName()
              + " or "
              + SEGMENT);
    }
    try {
      MethodHandle ofBuffer =
          MethodHandles.publicLookup()
              .findStatic(type, "ofBuffer", MethodType.methodType(type, Buffer.class));
      return type.cast(ofBuffer.invoke(view));
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new LinkageError("no " + SEGMENT + ".ofBuffer in this JVM", e);
    }
  }
}
