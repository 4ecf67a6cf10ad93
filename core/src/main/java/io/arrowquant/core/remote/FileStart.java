package io.arrowquant.core.remote;

import io.arrowquant.core.RemoteException;
import io.arrowquant.core.RunInterruptedException;
import io.arrowquant.core.safetensors.HeaderParser;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.NoSuchFileException;
import java.util.Arrays;

/**
 * What is kept of a file: the first 100 kB of one with weights, which hold the header of nearly
 * every model, then the whole of a longer header; all of any other file. Buffers grow with what
 * arrives, not with what is claimed.
 */
final class FileStart {

  /** Bytes of the first request. */
  static final int FIRST = 100_000;

  /** The longest header of the format, and the longest file that is read whole. */
  private static final int LONGEST = (int) HeaderParser.LONGEST_HEADER + HeaderParser.LENGTH_BYTES;

  private final RemoteFile file;
  private byte[] bytes;
  private long size;
  private boolean isWhole;
  private NoSuchFileException missing;
  private RuntimeException failure;

  FileStart(RemoteFile file) {
    this.file = file;
  }

  /** Reads once; what came of it is the same ever after. */
  synchronized void read() throws NoSuchFileException {
    if (missing != null) {
      throw missing;
    }
    if (failure != null) {
      throw failure;
    }
    if (bytes != null) {
      return;
    }
    try {
      bytes = file.hasWeights() ? first() : whole();
    } catch (NoSuchFileException e) {
      missing = e;
      throw e;
    } catch (RunInterruptedException e) {
      throw e; // the next who asks may have more time
    } catch (RuntimeException e) {
      failure = e;
      throw e;
    }
  }

  synchronized long size() {
    return size;
  }

  /**
   * Copies what is there of a range, reading the rest of the header at once where the range begins
   * in it.
   *
   * @return bytes copied into the target; 0 where the range is beyond all that is kept
   */
  synchronized int copy(long position, ByteBuffer target) throws NoSuchFileException, EOFException {
    if (!isWhole && position + target.remaining() > bytes.length && position < headerEnd()) {
      extend(headerEnd());
    }
    if (position >= bytes.length) {
      return 0;
    }
    int count = (int) Math.min(target.remaining(), bytes.length - position);
    target.put(bytes, (int) position, count);
    return count;
  }

  private byte[] first() throws NoSuchFileException {
    Growing growing = new Growing(FIRST);
    file.read(0, FIRST, growing);
    size = file.version().orElseThrow().size();
    isWhole = size <= growing.size();
    return growing.toByteArray();
  }

  private byte[] whole() throws NoSuchFileException {
    Growing growing = new WholeRequest(file, LONGEST).run();
    size = growing.size();
    isWhole = true;
    return growing.toByteArray();
  }

  private long headerEnd() {
    if (bytes.length < Long.BYTES) {
      return bytes.length;
    }
    long length = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong();
    boolean possible = length >= 0 && length <= LONGEST && length + Long.BYTES <= size;
    return possible ? length + Long.BYTES : bytes.length;
  }

  private void extend(long end) throws NoSuchFileException, EOFException {
    if (end <= bytes.length) {
      return;
    }
    Growing growing = new Growing((int) (end - bytes.length));
    file.read(bytes.length, end - bytes.length, growing);
    int before = bytes.length;
    byte[] rest = growing.toByteArray();
    if (rest.length < end - before) {
      throw new EOFException();
    }
    byte[] longer = Arrays.copyOf(bytes, (int) end);
    System.arraycopy(rest, 0, longer, before, rest.length);
    bytes = longer;
  }

  /** A sink that grows. */
  static final class Growing extends ByteArrayOutputStream implements RangeSink {

    private final int most;

    Growing(int most) {
      super(Math.min(most, 1 << 16));
      this.most = most;
    }

    @Override
    public synchronized void accept(long offset, ByteBuffer from) {
      byte[] piece = new byte[from.remaining()];
      from.get(piece);
      if (piece.length > most - size()) {
        throw new RemoteException("A file is longer than the " + most + " bytes that are read.");
      }
      write(piece, 0, piece.length);
    }
  }
}
