package io.arrowquant.arrow.source;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Field;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel.MapMode;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.ForeignAllocation;
import org.apache.arrow.memory.OutOfMemoryException;
import org.apache.arrow.memory.util.MemoryUtil;

/** A mapped range, unmapped when the last Arrow buffer over it is closed. */
final class Mapping extends ForeignAllocation {

  private static final MethodHandle UNMAP = unmapper();

  private MappedByteBuffer mapped;
  private ArrowBuf bytes;

  private Mapping(MappedByteBuffer mapped, long length) {
    super(length, MemoryUtil.getByteBufferAddress(mapped));
    this.mapped = mapped;
  }

  /** Maps a checked range of at most 2^31-1 bytes. The caller owns {@link #bytes}. */
  static Mapping of(SourceFile file, long position, long length, BufferAllocator allocator) {
    Mapping mapping =
        new Mapping(
            file.perform(channel -> channel.map(MapMode.READ_ONLY, position, length)), length);
    try {
      mapping.bytes = allocator.wrapForeignAllocation(mapping);
      return mapping;
    } catch (OutOfMemoryException e) {
      mapping.release0();
      throw file.beyondMemory("Mapping", length, allocator, e);
    } catch (RuntimeException e) {
      mapping.release0();
      throw e;
    }
  }

  /** The mapped range; closing the last buffer over it unmaps it. */
  ArrowBuf bytes() {
    return bytes;
  }

  /**
   * Asks the operating system for pages and waits for them. The caller keeps the range mapped
   * meanwhile.
   */
  void load(long at, long length) {
    mapped.slice((int) at, (int) length).load();
  }

  @Override
  protected synchronized void release0() {
    if (mapped != null) {
      try {
        UNMAP.invokeExact((ByteBuffer) mapped);
      } catch (Throwable e) {
        throw new IllegalStateException("cannot unmap", e);
      }
      mapped = null;
    }
  }

  /**
   * The only way to unmap before garbage collection on Java 17. Reached by name, since javac warns
   * of every mention of the class.
   */
  private static MethodHandle unmapper() {
    try {
      Class<?> type = Class.forName("sun.misc.Unsafe");
      Field instance = type.getDeclaredField("theUnsafe");
      instance.setAccessible(true);
      return MethodHandles.lookup()
          .findVirtual(type, "invokeCleaner", MethodType.methodType(void.class, ByteBuffer.class))
          .bindTo(instance.get(null));
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }
}
