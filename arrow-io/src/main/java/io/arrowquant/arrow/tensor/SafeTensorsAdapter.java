package io.arrowquant.arrow.tensor;

import io.arrowquant.arrow.source.IoMode;
import io.arrowquant.arrow.tensor.TensorLayout.Limits;
import io.arrowquant.core.MemoryLimitException;
import io.arrowquant.core.QuotedName;
import io.arrowquant.core.UnsupportedDTypeException;
import io.arrowquant.core.checkpoint.Checkpoint;
import io.arrowquant.core.checkpoint.CheckpointSummary;
import io.arrowquant.core.checkpoint.CheckpointTensor;
import io.arrowquant.core.modality.Modality;
import io.arrowquant.core.safetensors.DType;
import io.arrowquant.core.safetensors.TensorInfo;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.apache.arrow.c.ArrowArrayStream;
import org.apache.arrow.c.Data;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.complex.FixedSizeListVector;
import org.apache.arrow.vector.ipc.ArrowReader;

/**
 * A SafeTensors checkpoint whose tensors are Arrow vectors over the files' own bytes: nothing is
 * copied and nothing read before it is used. Safe for many threads.
 *
 * <p>F32, F16, F64 and the integers are their Arrow types; BOOL is one unsigned byte; BF16 is an
 * unsigned 16-bit integer, the F8 formats an unsigned byte and C64 eight fixed bytes, all raw bits;
 * sub-byte formats are the bytes they are packed in. Field metadata {@code arrowquant.dtype} and
 * {@code arrowquant.shape} say what a vector is.
 *
 * <p>Each vector belongs to the caller, who closes it and must not write to it. Closing the adapter
 * leaves vectors that are out valid; a file is unmapped when its last vector is closed too. Files
 * must not shrink while vectors are in use.
 */
public final class SafeTensorsAdapter implements AutoCloseable {

  private final Checkpoint checkpoint;
  private final BufferAllocator allocator;
  private final boolean ownsAllocator;
  private final TensorViews views;
  private volatile boolean closed;

  SafeTensorsAdapter(
      Checkpoint checkpoint,
      BufferAllocator allocator,
      boolean ownsAllocator,
      IoMode mode,
      Limits limits) {
    this.checkpoint = checkpoint;
    this.allocator = allocator;
    this.ownsAllocator = ownsAllocator;
    this.views = new TensorViews(mode, allocator, limits);
  }

  /**
   * Opens a checkpoint, mapped unless it lies on a network file system.
   *
   * @param path anything that {@link Checkpoint#open(Path)} takes; its errors are those of this
   */
  public static SafeTensorsAdapter load(Path path) {
    Checkpoint checkpoint = Checkpoint.open(path);
    return new SafeTensorsAdapter(checkpoint, new RootAllocator(), true, IoMode.AUTO, Limits.ARROW);
  }

  /**
   * As {@link #load(Path)}, with an allocator of the caller's for all vectors. Mapped bytes are
   * counted by it although they take none of its memory.
   */
  public static SafeTensorsAdapter load(Path path, BufferAllocator allocator) {
    return load(path, allocator, IoMode.AUTO);
  }

  /** As {@link #load(Path, BufferAllocator)}; with {@link IoMode#READ} the limit bounds memory. */
  public static SafeTensorsAdapter load(Path path, BufferAllocator allocator, IoMode mode) {
    return new SafeTensorsAdapter(Checkpoint.open(path), allocator, false, mode, Limits.ARROW);
  }

  /** What is adapted: headers and names. */
  public Checkpoint checkpoint() {
    return checkpoint;
  }

  /** All names, sorted. */
  public List<String> tensorNames() {
    return checkpoint.tensors().stream().map(CheckpointTensor::name).toList();
  }

  /** The tensor as its file's header has it. */
  public TensorInfo tensorInfo(String name) {
    return find(name).info();
  }

  /** {@code __metadata__} of each file, by its path relative to the checkpoint's folder. */
  public Map<String, Map<String, String>> metadata() {
    return checkpoint.metadata();
  }

  /** Elements of all tensors. */
  public long parameterCount() {
    return checkpoint.tensors().stream().mapToLong(CheckpointTensor::elementCount).sum();
  }

  /** The file that holds the tensor. */
  public Path shardOf(String name) {
    return find(name).file().file();
  }

  /** What the model makes or reads, as far as its names and configuration tell. */
  public Modality detectModality() {
    return checkpoint.modality().modality();
  }

  /** Sizes, counts and metadata. */
  public CheckpointSummary summary() {
    return checkpoint.summary();
  }

  /**
   * The whole tensor in its own type: rows of a {@link FixedSizeListVector} as {@link MatrixShape}
   * has them from rank 2 on, plain values below.
   *
   * @throws MemoryLimitException if one vector cannot hold it: see {@link #tensorBatches}
   */
  public FieldVector tensor(String name) {
    return whole(views.own(find(name)));
  }

  /**
   * The whole tensor in its own type as plain values, row after row: a flat Float4Vector for F32.
   */
  public FieldVector tensorFlat(String name) {
    return whole(views.flat(find(name)));
  }

  /**
   * The tensor in its own type as {@link #tensor} has it, in as many batches of whole rows as it
   * takes at 2^31-1 values and bytes each; one for most. An empty tensor has none. Each is read
   * when it is asked for.
   */
  public Iterator<FieldVector> tensorBatches(String name) {
    return views.own(find(name));
  }

  /**
   * The tensor as a matrix of float32: rank 1 is one row, a scalar 1 x 1. F32 is not copied; all
   * else is widened slice by slice as {@link Widening} says: integers beyond 2^24 and F64 lose
   * precision.
   *
   * @throws UnsupportedDTypeException for C64 and sub-byte dtypes
   * @throws MemoryLimitException if one vector or the allocator cannot hold it
   */
  public FixedSizeListVector tensorF32(String name) {
    return (FixedSizeListVector) whole(views.float32(find(name)));
  }

  /** As {@link #tensorF32}, in batches of whole rows for tensors beyond one vector. */
  public Iterator<FixedSizeListVector> tensorF32Batches(String name) {
    TensorBatches batches = views.float32(find(name));
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return batches.hasNext();
      }

      @Override
      public FixedSizeListVector next() {
        return (FixedSizeListVector) batches.next();
      }
    };
  }

  /**
   * Every tensor as {@link #tensorF32} gives it, named by its vector, made when the iteration comes
   * to it. Close each before the next and only one is in memory. C64 and sub-byte tensors, which
   * have no float32 form, are left out.
   */
  public Iterable<FixedSizeListVector> allTensors2d() {
    checkOpen();
    return () ->
        checkpoint.tensors().stream()
            .filter(tensor -> Widening.supports(tensor.dtype()))
            .map(tensor -> tensorF32(tensor.name()))
            .iterator();
  }

  /**
   * The tensor as {@link #tensorBatches} has it, as a reader of one column named as the tensor, in
   * batches small enough that a consumer can share them out among threads. Close it before the
   * adapter.
   */
  public ArrowReader stream(String name) {
    return new TensorStream(views.own(find(name)).inSlices(), allocator);
  }

  /** As {@link #stream}, widened batch by batch as {@link #tensorF32} has it. */
  public ArrowReader streamF32(String name) {
    return new TensorStream(views.float32(find(name)).inSlices(), allocator);
  }

  /**
   * {@link #stream} through the C data interface, without a copy, for DuckDB and others.
   *
   * @param target an unused stream structure of the caller's, who releases it before closing this
   */
  public void exportStream(String name, ArrowArrayStream target) {
    Data.exportArrayStream(allocator, stream(name), target);
  }

  /** {@link #streamF32} likewise: DuckDB knows no half floats, and BF16 only as raw bits. */
  public void exportStreamF32(String name, ArrowArrayStream target) {
    Data.exportArrayStream(allocator, streamF32(name), target);
  }

  /**
   * The rows of several tensors, one after the other, as {@link RowBatch} has them. Where all are
   * of one dtype that Arrow knows as numbers (F32, F64, integers) the weights are the files' own
   * bytes, not copied; otherwise float32, widened batch by batch. Close it before the adapter.
   *
   * @throws UnsupportedDTypeException if one is C64 or of a sub-byte dtype
   */
  public ArrowReader streamRows(List<String> names) {
    List<CheckpointRows.Numbered> tensors = numbered(names);
    return new CheckpointRows(tensors, CheckpointRows.common(tensors), views, allocator);
  }

  /** As {@link #streamRows}, float32 whatever the dtypes: integers beyond 2^24 lose precision. */
  public ArrowReader streamRowsF32(List<String> names) {
    return new CheckpointRows(numbered(names), DType.F32, views, allocator);
  }

  private List<CheckpointRows.Numbered> numbered(List<String> names) {
    Map<String, Integer> ids = new HashMap<>();
    checkpoint.tensors().forEach(tensor -> ids.put(tensor.name(), ids.size()));
    List<CheckpointRows.Numbered> numbered = new ArrayList<>();
    for (String name : names) {
      CheckpointTensor tensor = find(name);
      TensorViews.checkWidens(tensor);
      numbered.add(new CheckpointRows.Numbered(ids.get(name), tensor));
    }
    return numbered;
  }

  private FieldVector whole(TensorBatches batches) {
    if (!batches.isSingle()) {
      throw new MemoryLimitException(
          "Tensor "
              + QuotedName.of(batches.layout().field().getName())
              + " has "
              + batches.layout().rows()
              + " rows, more than one vector holds: read it in batches.");
    }
    return batches.vector();
  }

  private CheckpointTensor find(String name) {
    checkOpen();
    return checkpoint
        .tensor(name)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    QuotedName.of(checkpoint.path()) + " has no tensor " + QuotedName.of(name)));
  }

  private void checkOpen() {
    if (closed) {
      throw new IllegalStateException(
          "adapter of " + QuotedName.of(checkpoint.path()) + " is closed");
    }
  }

  /** Closes the files. Vectors that are out stay valid until they are closed. */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    views.close();
    // With vectors still out the allocator only counts them down; it holds nothing else.
    if (ownsAllocator && allocator.getAllocatedMemory() == 0) {
      allocator.close();
    }
  }
}
