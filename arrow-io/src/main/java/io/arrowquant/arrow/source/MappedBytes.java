package io.arrowquant.arrow.source;

import io.arrowquant.core.QuotedName;
import io.arrowquant.core.StorageException;
import java.nio.file.Path;
import java.util.zip.Checksum;
import org.apache.arrow.memory.ArrowBuf;

/**
 * Work on bytes that may lie in a mapped file whose pages can go missing. The JVM turns the fault
 * into an {@link InternalError} where its own compiled code or its copying meets it, but dies of it
 * in its checksum and comparison stubs and in native libraries: those get copies.
 */
public final class MappedBytes {

  /** Little enough that the copy is still in the first-level cache when it is summed up. */
  private static final int BLOCK = 1 << 12;

  private MappedBytes() {}

  /** Adds a range to a checksum, block by block. */
  public static void checksum(Checksum sum, ArrowBuf bytes, long at, long length) {
    byte[] block = new byte[(int) Math.min(BLOCK, length)];
    for (long done = 0; done < length; ) {
      int count = (int) Math.min(block.length, length - done);
      bytes.getBytes(at + done, block, 0, count);
      sum.update(block, 0, count);
      done += count;
    }
  }

  /** Whether a buffer holds the whole of another from an offset on. */
  public static boolean holds(ArrowBuf bytes, long at, ArrowBuf part) {
    long length = part.capacity();
    long words = length & -Long.BYTES;
    for (long i = 0; i < words; i += Long.BYTES) {
      if (bytes.getLong(at + i) != part.getLong(i)) {
        return false;
      }
    }
    for (long i = words; i < length; i++) {
      if (bytes.getByte(at + i) != part.getByte(i)) {
        return false;
      }
    }
    return true;
  }

  /** Whether an error is the JVM's word for a page that went missing under a mapping. */
  public static boolean isLostPage(Throwable error) {
    return error instanceof InternalError
        && String.valueOf(error.getMessage()).contains("unsafe memory access");
  }

  /**
   * What to tell of such an error; any other is given back to be thrown on.
   *
   * @param read what was being read
   */
  public static StorageException lostPage(Path read, InternalError error) {
    if (!isLostPage(error)) {
      throw error;
    }
    return new StorageException(
        "A file of "
            + QuotedName.of(read)
            + " was cut short, or its disk failed, while it was mapped; --io read reads without a"
            + " mapping.",
        error);
  }
}
