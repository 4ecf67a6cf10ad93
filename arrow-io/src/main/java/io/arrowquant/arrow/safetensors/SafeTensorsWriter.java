package io.arrowquant.arrow.safetensors;

import io.arrowquant.core.ArrowQuantException;
import io.arrowquant.core.OutputExistsException;
import io.arrowquant.core.QuotedName;
import io.arrowquant.core.StorageException;
import io.arrowquant.core.safetensors.DType;
import io.arrowquant.core.safetensors.TensorInfo;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Writes one SafeTensors file: first all names and shapes, then the tensors' bytes, as a stream in
 * {@link #order()} by one thread, or each at its place by any threads in any order. Nothing is held
 * but the header.
 */
public final class SafeTensorsWriter implements AutoCloseable {

  /** FileChannel copies heap buffers through a direct one of the same size: keep that small. */
  private static final int CHUNK = 1 << 20;

  /**
   * A tensor to write.
   *
   * @param shape dimensions, outermost first; empty for a scalar
   */
  public record Entry(String name, DType dtype, List<Long> shape) {

    public Entry {
      shape = List.copyOf(shape);
    }

    /**
     * Bytes the tensor takes.
     *
     * @throws IllegalArgumentException if that is no whole number, or beyond 2^63-1
     */
    public long byteSize() {
      try {
        long bits = dtype.bits();
        for (long dimension : shape) {
          if (dimension < 0) {
            throw new IllegalArgumentException(
                "tensor "
                    + QuotedName.of(name)
                    + " has a negative dimension in its shape "
                    + shape);
          }
          bits = Math.multiplyExact(bits, dimension);
        }
        if ((bits & 7) != 0) {
          throw new IllegalArgumentException(
              "tensor "
                  + QuotedName.of(name)
                  + " of dtype "
                  + dtype
                  + " and shape "
                  + shape
                  + " is no whole number of bytes");
        }
        return bits >> 3;
      } catch (ArithmeticException e) {
        throw new IllegalArgumentException(
            "tensor " + QuotedName.of(name) + " of shape " + shape + " is too large", e);
      }
    }
  }

  private final Path file;
  private final FileChannel channel;
  private final List<TensorInfo> order;
  private final long dataStart;
  private final AtomicLongArray missing;
  private int current;
  private long position;
  private volatile boolean failed;
  private boolean closed;

  private SafeTensorsWriter(Path file, FileChannel channel, SafeTensorsLayout layout) {
    this.file = file;
    this.channel = channel;
    this.order = layout.tensors();
    this.dataStart = layout.prefix().length;
    this.missing = new AtomicLongArray(order.stream().mapToLong(TensorInfo::byteSize).toArray());
    skipFull();
  }

  /**
   * Starts a new file and writes its header.
   *
   * @param metadata becomes {@code __metadata__}, keys sorted; left out where empty
   * @param tensors in any order
   * @throws OutputExistsException if the file exists
   * @throws StorageException if it cannot be written
   * @throws IllegalArgumentException if a name comes twice or a shape has no whole number of bytes
   */
  public static SafeTensorsWriter create(
      Path file, Map<String, String> metadata, List<Entry> tensors) {
    SafeTensorsLayout layout = SafeTensorsLayout.of(metadata, tensors);
    try {
      FileChannel channel =
          FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
      SafeTensorsWriter writer = new SafeTensorsWriter(file, channel, layout);
      try {
        writer.writeFully(ByteBuffer.wrap(layout.prefix()), 0);
      } catch (ArrowQuantException e) {
        writer.abort();
        throw e;
      }
      return writer;
    } catch (FileAlreadyExistsException e) {
      throw new OutputExistsException(QuotedName.of(file) + " exists already.", e);
    } catch (IOException e) {
      throw ArrowQuantException.whileWriting(file, e);
    }
  }

  /** The file that is written. */
  public Path file() {
    return file;
  }

  /** The tensors in the order their bytes are to come, with their offsets. */
  public List<TensorInfo> order() {
    return order;
  }

  /** The tensor whose bytes come next; none where the file is complete. */
  public Optional<TensorInfo> current() {
    return current < order.size() ? Optional.of(order.get(current)) : Optional.empty();
  }

  /**
   * Appends bytes of the current tensor; after its last byte the next tensor is current. Empty
   * tensors are passed over.
   *
   * @param bytes heap or direct; its remaining bytes are consumed
   * @throws IllegalArgumentException if the tensor has room for fewer bytes; none are written then
   * @throws StorageException if writing fails; closing then deletes the file
   */
  public void write(ByteBuffer bytes) {
    if (closed) {
      throw new IllegalStateException("writer of " + QuotedName.of(file) + " is closed");
    }
    int count = bytes.remaining();
    long room = current().map(tensor -> tensor.end() - position).orElse(0L);
    if (count > room) {
      String name =
          current()
              .map(tensor -> "tensor " + QuotedName.of(tensor.name()))
              .orElse("the end of the file");
      throw new IllegalArgumentException(
          QuotedName.of(file)
              + " got "
              + count
              + " bytes for "
              + name
              + ", which has room for "
              + room);
    }
    if (count > 0) {
      write(current, position - order.get(current).begin(), bytes);
    }
    position += count;
    skipFull();
  }

  /**
   * Writes bytes of a tensor at their place. Each byte is to be written once; safe for use by many
   * threads, as long as no other method but {@link #order()} is called meanwhile.
   *
   * @param tensor index in {@link #order()}
   * @param offset of the first byte in the tensor
   * @param bytes heap or direct; its remaining bytes are consumed
   * @throws IllegalArgumentException if the tensor has no room for them there
   * @throws StorageException if writing fails; closing then deletes the file
   */
  public void write(int tensor, long offset, ByteBuffer bytes) {
    TensorInfo info = order.get(tensor);
    int count = bytes.remaining();
    if (offset < 0 || count > info.byteSize() - offset) {
      throw new IllegalArgumentException(
          QuotedName.of(file)
              + " got "
              + count
              + " bytes for byte "
              + offset
              + " of tensor "
              + QuotedName.of(info.name())
              + ", which has "
              + info.byteSize());
    }
    writeFully(bytes, dataStart + info.begin() + offset);
    missing.addAndGet(tensor, -count);
  }

  /** The first tensor that lacks bytes, if there is one. */
  public Optional<TensorInfo> firstIncomplete() {
    for (int i = 0; i < order.size(); i++) {
      if (missing.get(i) != 0) {
        return Optional.of(order.get(i));
      }
    }
    return Optional.empty();
  }

  /**
   * Forces the file to the disk and closes it. A file that is not complete is deleted.
   *
   * @throws IllegalStateException if bytes are missing
   */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    if (failed) {
      abort();
      return;
    }
    Optional<TensorInfo> incomplete = firstIncomplete();
    if (incomplete.isPresent()) {
      abort();
      throw new IllegalStateException(
          QuotedName.of(file)
              + " was closed before its end and deleted: tensor "
              + QuotedName.of(incomplete.get().name())
              + " lacks "
              + missing.get(order.indexOf(incomplete.get()))
              + " of "
              + incomplete.get().byteSize()
              + " bytes");
    }
    closed = true;
    try (channel) {
      channel.force(true);
    } catch (IOException e) {
      throw ArrowQuantException.whileWriting(file, e);
    }
  }

  private void skipFull() {
    while (current < order.size() && order.get(current).end() == position) {
      current++;
    }
  }

  private void writeFully(ByteBuffer bytes, long at) {
    int limit = bytes.limit();
    long next = at;
    try {
      while (bytes.position() < limit) {
        bytes.limit(bytes.position() + Math.min(CHUNK, limit - bytes.position()));
        next += channel.write(bytes, next);
      }
    } catch (IOException e) {
      failed = true;
      throw ArrowQuantException.whileWriting(file, e);
    } finally {
      bytes.limit(limit);
    }
  }

  /** Closes and deletes, whatever happens. */
  void abort() {
    closed = true;
    try (channel) {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw ArrowQuantException.whileWriting(file, e);
    }
  }
}
