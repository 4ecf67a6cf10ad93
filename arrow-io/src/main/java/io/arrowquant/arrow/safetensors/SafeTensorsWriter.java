package io.arrowquant.arrow.safetensors;

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

/**
 * Writes one SafeTensors file as a stream: first all names and shapes, then the tensors' bytes in
 * {@link #order()}. Nothing is held but the header. For one thread.
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
  private int current;
  private long position;
  private boolean failed;
  private boolean closed;

  private SafeTensorsWriter(Path file, FileChannel channel, List<TensorInfo> order) {
    this.file = file;
    this.channel = channel;
    this.order = order;
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
      SafeTensorsWriter writer = new SafeTensorsWriter(file, channel, layout.tensors());
      try {
        writer.writeFully(ByteBuffer.wrap(layout.prefix()));
      } catch (StorageException e) {
        writer.abort();
        throw e;
      }
      return writer;
    } catch (FileAlreadyExistsException e) {
      throw new OutputExistsException("output " + QuotedName.of(file) + " exists already", e);
    } catch (IOException e) {
      throw new StorageException("cannot create " + QuotedName.of(file) + ": " + e, e);
    }
  }

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
    writeFully(bytes);
    position += count;
    skipFull();
  }

  /**
   * Closes the file. A file that is not complete is deleted.
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
    Optional<TensorInfo> missing = current();
    if (missing.isPresent()) {
      abort();
      throw new IllegalStateException(
          QuotedName.of(file)
              + " was closed before its end and deleted: tensor "
              + QuotedName.of(missing.get().name())
              + " lacks "
              + (missing.get().end() - position)
              + " of "
              + missing.get().byteSize()
              + " bytes");
    }
    closed = true;
    try {
      channel.close();
    } catch (IOException e) {
      throw new StorageException("cannot close " + QuotedName.of(file) + ": " + e, e);
    }
  }

  private void skipFull() {
    while (current < order.size() && order.get(current).end() == position) {
      current++;
    }
  }

  private void writeFully(ByteBuffer bytes) {
    int limit = bytes.limit();
    try {
      while (bytes.position() < limit) {
        bytes.limit(bytes.position() + Math.min(CHUNK, limit - bytes.position()));
        channel.write(bytes);
      }
    } catch (IOException e) {
      failed = true;
      throw new StorageException("cannot write to " + QuotedName.of(file) + ": " + e, e);
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
      throw new StorageException(
          "cannot delete the incomplete " + QuotedName.of(file) + ": " + e, e);
    }
  }
}
