package io.arrowquant.arrow.tensor;

import io.arrowquant.core.checkpoint.CheckpointTensor;
import io.arrowquant.core.safetensors.DType;
import java.io.IOException;
import java.util.List;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.ipc.ArrowReader;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Schema;

/**
 * The rows of several tensors as {@link RowBatch}, in batches of at most {@link #MOST_VALUES}
 * weights: the file's own bytes where the type is the tensor's, widened ones elsewhere.
 */
final class CheckpointRows extends ArrowReader {

  private static final int MOST_VALUES = 1 << 22;
  private static final int MOST_ROWS = 1 << 16;

  /** A tensor and its number in the checkpoint. */
  record Numbered(int id, CheckpointTensor tensor) {}

  private final List<Numbered> tensors;
  private final DType element;
  private final TensorViews views;
  private int next;
  private long done;
  private long bytesRead;

  CheckpointRows(
      List<Numbered> tensors, DType element, TensorViews views, BufferAllocator allocator) {
    super(allocator);
    this.tensors = tensors;
    this.element = element;
    this.views = views;
  }

  /** A dtype that all have, and that Arrow has as numbers; float32 where they differ. */
  static DType common(List<Numbered> tensors) {
    List<DType> dtypes = tensors.stream().map(t -> t.tensor().dtype()).distinct().toList();
    return dtypes.size() == 1 && arrowType(dtypes.get(0)) != null ? dtypes.get(0) : DType.F32;
  }

  private static ArrowType arrowType(DType dtype) {
    return switch (dtype) {
      case F32, F64, I8, I16, I32, I64, U8, U16, U32, U64 -> TensorLayout.element(dtype);
      default -> null;
    };
  }

  @Override
  public boolean loadNextBatch() throws IOException {
    prepareLoadNextBatch();
    while (next < tensors.size() && done == tensors.get(next).tensor().elementCount()) {
      next++;
      done = 0;
    }
    if (next == tensors.size()) {
      return false;
    }
    Numbered at = tensors.get(next);
    MatrixShape shape = MatrixShape.of(at.tensor().name(), at.tensor().shape());
    RowBatch rows = new RowBatch(getVectorSchemaRoot(), MOST_ROWS);
    try {
      for (long first = done; addRow(rows, at, shape, first); ) {
        first = done + rows.values();
      }
      try (ArrowBuf weights = views.elements(at.tensor(), element, done, rows.values())) {
        rows.finish(weights);
      }
    } catch (RuntimeException | Error e) {
      rows.abandon();
      throw e;
    }
    done += rows.values();
    bytesRead += (long) rows.values() * at.tensor().dtype().bits() / 8;
    return true;
  }

  /** Adds the row, or piece of one, that begins with an element; false where the batch is full. */
  private static boolean addRow(RowBatch rows, Numbered at, MatrixShape shape, long first) {
    if (first == at.tensor().elementCount() || rows.rows() == MOST_ROWS) {
      return false;
    }
    long row = first / shape.columns();
    long column = first % shape.columns();
    int columns = (int) Math.min(RowBatch.MAX_PIECE, shape.columns() - column);
    if (rows.rows() > 0 && rows.values() + columns > MOST_VALUES) {
      return false;
    }
    rows.add(at.id(), at.tensor().name(), row, column, columns);
    return true;
  }

  @Override
  public long bytesRead() {
    return bytesRead;
  }

  @Override
  protected void closeReadSource() {
    // The adapter owns the source.
  }

  @Override
  protected Schema readSchema() {
    return RowBatch.schema(arrowType(element));
  }
}
