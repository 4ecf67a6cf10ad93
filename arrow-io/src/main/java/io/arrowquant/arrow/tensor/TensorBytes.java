package io.arrowquant.arrow.tensor;

import io.arrowquant.arrow.source.ByteSource;
import io.arrowquant.arrow.source.IoMode;
import io.arrowquant.arrow.source.KeptGaps;
import io.arrowquant.arrow.source.MappedByteSource;
import io.arrowquant.arrow.source.MappedReadAhead;
import io.arrowquant.arrow.source.ReadAhead;
import io.arrowquant.arrow.source.RemoteByteSource;
import io.arrowquant.core.MemoryLimitException;
import io.arrowquant.core.QuotedName;
import io.arrowquant.core.StorageException;
import io.arrowquant.core.checkpoint.CheckpointTensor;
import io.arrowquant.core.safetensors.SafeTensorsHeader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.OutOfMemoryException;

/** The bytes of a checkpoint's tensors; its files are opened when first needed. */
public final class TensorBytes implements AutoCloseable {

  /** Elements widened at a time. */
  private static final int SLICE = 1 << 20;

  private final IoMode mode;
  private final BufferAllocator mappings;
  private final BufferAllocator allocator;
  private final Map<Path, ByteSource> sources = new HashMap<>();
  private final KeptGaps gaps = new KeptGaps();
  private volatile ReadAhead ahead;
  private volatile MappedReadAhead mappedAhead;
  private boolean closed;

  /**
   * Bytes of a tensor.
   *
   * @param offset of the first, counted from the tensor's first
   */
  public record Range(CheckpointTensor tensor, long offset, long length) {}

  /**
   * @param mappings counts mapped bytes, which are the page cache's
   * @param allocator gives the buffers of what is read or widened
   */
  public TensorBytes(IoMode mode, BufferAllocator mappings, BufferAllocator allocator) {
    this.mode = mode;
    this.mappings = mappings;
    this.allocator = allocator;
  }

  /**
   * Says what will be read next, in order, in place of what was said before: what lies on a server
   * is fetched ahead, and pages of what is mapped are. Nothing may be read meanwhile by other
   * threads.
   */
  public void expect(List<Range> ranges) {
    forget();
    List<ReadAhead.Range> remote = new ArrayList<>();
    List<MappedReadAhead.Range> mapped = new ArrayList<>();
    for (Range range : ranges) {
      ByteSource source = source(range.tensor().file());
      long position = range.tensor().position() + range.offset();
      if (source instanceof MappedByteSource mapping) {
        mapped.add(new MappedReadAhead.Range(mapping, position, range.length()));
      } else if (source instanceof RemoteByteSource server) {
        remote.add(new ReadAhead.Range(server, position, range.length()));
      }
    }
    if (!remote.isEmpty()) {
      ahead = new ReadAhead(allocator, remote, gaps);
    }
    if (!mapped.isEmpty()) {
      mappedAhead = new MappedReadAhead(mapped);
    }
  }

  private void forget() {
    ReadAhead before = ahead;
    ahead = null;
    if (before != null) {
      before.close();
    }
    MappedReadAhead mappedBefore = mappedAhead;
    mappedAhead = null;
    if (mappedBefore != null) {
      mappedBefore.close();
    }
  }

  /** Bytes from an offset into the tensor, as they are. The caller owns the buffer. */
  public ArrowBuf read(CheckpointTensor tensor, long offset, long length) {
    ByteSource source = source(tensor.file());
    long position = tensor.position() + offset;
    if (source instanceof RemoteByteSource server) {
      ArrowBuf bytes = fetched(new ReadAhead.Range(server, position, length));
      return bytes == null ? source.read(position, length) : bytes;
    }
    MappedReadAhead loading = mappedAhead;
    if (loading != null && source instanceof MappedByteSource mapping) {
      loading.taken(new MappedReadAhead.Range(mapping, position, length));
    }
    return source.read(position, length);
  }

  /** What of a server was read already, or foretold; null for none. */
  private ArrowBuf fetched(ReadAhead.Range range) {
    ReadAhead fetching = ahead;
    ArrowBuf bytes = fetching == null ? null : fetching.take(range);
    return bytes == null ? gaps.read(range) : bytes;
  }

  /** Elements from an index into the tensor, as float32. The caller owns the buffer. */
  ArrowBuf widened(CheckpointTensor tensor, long first, long count) {
    int width = tensor.dtype().bits() / 8;
    ArrowBuf target = allocate(tensor, count * Float.BYTES);
    try {
      for (long done = 0; done < count; done += SLICE) {
        int slice = (int) Math.min(SLICE, count - done);
        try (ArrowBuf part = read(tensor, (first + done) * width, (long) slice * width)) {
          Widening.widen(tensor.dtype(), part, target, done, slice);
        }
      }
      return target.writerIndex(count * Float.BYTES);
    } catch (RuntimeException e) {
      target.close();
      throw e;
    }
  }

  private ArrowBuf allocate(CheckpointTensor tensor, long bytes) {
    try {
      return allocator.buffer(bytes);
    } catch (OutOfMemoryException e) {
      throw new MemoryLimitException(
          "tensor "
              + QuotedName.of(tensor.name())
              + " needs "
              + bytes
              + " bytes as float32, the limit is "
              + allocator.getLimit()
              + " of which "
              + allocator.getAllocatedMemory()
              + " are taken",
          e);
    }
  }

  /** A file must still have the size it had when its header was read. */
  private synchronized ByteSource source(SafeTensorsHeader header) {
    if (closed) {
      throw new IllegalStateException("file " + QuotedName.of(header.file()) + " is closed");
    }
    ByteSource known = sources.get(header.file());
    if (known != null) {
      return known;
    }
    ByteSource source = mode.open(header.file(), mappings, allocator);
    if (source.size() != header.fileSize()) {
      source.close();
      throw new StorageException(
          "file "
              + QuotedName.of(header.file())
              + " has "
              + source.size()
              + " bytes, expected "
              + header.fileSize()
              + " as when its header was read");
    }
    sources.put(header.file(), source);
    return source;
  }

  @Override
  public synchronized void close() {
    closed = true;
    forget();
    sources.values().forEach(ByteSource::close);
    sources.clear();
  }
}
