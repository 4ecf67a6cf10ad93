package io.arrowquant.quantize.multiply;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Vectors of integers from outside the heap. What they are read from is a {@code ByteBuffer} in
 * Java 17 and a {@code MemorySegment} in later ones, where the one method went and the other came.
 */
final class NativeInts {

  private static final MethodHandle OF;
  private static final MethodHandle LOAD;

  static {
    MethodHandles.Lookup lookup = MethodHandles.lookup();
    try {
      MethodHandle of = MethodHandles.identity(ByteBuffer.class);
      MethodHandle load;
      try {
        load = load(lookup, "fromByteBuffer", ByteBuffer.class, int.class);
      } catch (NoSuchMethodException e) {
        Class<?> segment = Class.forName("java.lang.foreign.MemorySegment");
        Class<?> buffer = java.nio.Buffer.class;
        of = lookup.findStatic(segment, "ofBuffer", MethodType.methodType(segment, buffer));
        load = load(lookup, "fromMemorySegment", segment, long.class);
      }
      OF = of.asType(MethodType.methodType(Object.class, ByteBuffer.class));
      LOAD =
          MethodHandles.explicitCastArguments(
              MethodHandles.insertArguments(
                  MethodHandles.insertArguments(load, 3, ByteOrder.LITTLE_ENDIAN),
                  0,
                  VectorRows.INTS),
              MethodType.methodType(IntVector.class, Object.class, long.class));
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private NativeInts() {}

  private static MethodHandle load(
      MethodHandles.Lookup lookup, String name, Class<?> source, Class<?> offset)
      throws ReflectiveOperationException {
    return lookup.findStatic(
        IntVector.class,
        name,
        MethodType.methodType(
            IntVector.class, VectorSpecies.class, source, offset, ByteOrder.class));
  }

  /** What {@link #load} takes, of the bytes of a buffer from the first on. */
  static Object of(ByteBuffer bytes) {
    try {
      return (Object) OF.invokeExact(bytes);
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  /**
   * @param offset in bytes
   */
  static IntVector load(Object source, long offset) {
    try {
      return (IntVector) LOAD.invokeExact(source, offset);
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }
}
