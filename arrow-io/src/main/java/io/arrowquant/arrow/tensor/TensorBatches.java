package io.arrowquant.arrow.tensor;

import io.arrowquant.arrow.tensor.TensorLayout.Limits;
import java.util.Iterator;
import java.util.NoSuchElementException;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.FieldVector;

/** A tensor's rows in order, as few vectors as its size allows. The caller closes each vector. */
final class TensorBatches implements Iterator<FieldVector> {

  /** Values in a batch of a stream, where a row has no more. */
  private static final int SLICE = 1 << 24;

  /** Where rows come from. */
  @FunctionalInterface
  interface RowReader {

    /** The bytes of consecutive rows; the caller owns the buffer. */
    ArrowBuf read(long firstRow, int rowCount);
  }

  private final TensorLayout layout;
  private final RowReader reader;
  private final AllValid validity;
  private final BufferAllocator allocator;
  private final int rowsPerBatch;
  private long next;

  TensorBatches(
      TensorLayout layout,
      RowReader reader,
      AllValid validity,
      BufferAllocator allocator,
      Limits limits) {
    this(layout, reader, validity, allocator, layout.rowsPerBatch(limits));
  }

  private TensorBatches(
      TensorLayout layout,
      RowReader reader,
      AllValid validity,
      BufferAllocator allocator,
      int rowsPerBatch) {
    this.layout = layout;
    this.reader = reader;
    this.validity = validity;
    this.allocator = allocator;
    this.rowsPerBatch = rowsPerBatch;
  }

  /** The same from the start, in batches of bounded size. */
  TensorBatches inSlices() {
    int rows = (int) Math.max(1, SLICE / Math.max(1, layout.rowValues()));
    return new TensorBatches(layout, reader, validity, allocator, Math.min(rowsPerBatch, rows));
  }

  TensorLayout layout() {
    return layout;
  }

  /** Whether one vector holds the whole tensor. */
  boolean isSingle() {
    return rowsPerBatch == layout.rows();
  }

  @Override
  public boolean hasNext() {
    return next < layout.rows();
  }

  @Override
  public FieldVector next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    return vector();
  }

  /** The next rows as a vector; one of no rows where none are left. */
  FieldVector vector() {
    FieldVector vector = layout.field().createVector(allocator);
    try {
      loadNext(vector);
      return vector;
    } catch (RuntimeException e) {
      vector.close();
      throw e;
    }
  }

  /** Makes a vector of this layout's field hold the next rows, and gives their number. */
  int loadNext(FieldVector vector) {
    int count = (int) Math.min(rowsPerBatch, layout.rows() - next);
    try (ArrowBuf bytes = reader.read(next, count)) {
      layout.load(vector, count, bytes, validity);
    }
    next += count;
    return count;
  }
}
