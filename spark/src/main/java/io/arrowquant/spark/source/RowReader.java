package io.arrowquant.spark.source;

import io.arrowquant.arrow.source.IoMode;
import io.arrowquant.arrow.tensor.TensorBytes;
import io.arrowquant.arrow.tensor.Widening;
import io.arrowquant.core.MemoryLimitException;
import io.arrowquant.core.QuotedName;
import io.arrowquant.core.checkpoint.CheckpointTensor;
import io.arrowquant.quantize.plan.WeightScale;
import io.arrowquant.spark.hadoop.HadoopPaths;
import java.util.List;
import java.util.Optional;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.connector.read.PartitionReader;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.vectorized.ColumnVector;
import org.apache.spark.sql.vectorized.ColumnarBatch;

/** Reads a task's rows, batch by batch. Local files are mapped, others read. */
final class RowReader implements PartitionReader<ColumnarBatch> {

  private static final int MOST_ROWS = 4096;
  private static final int MOST_VALUES = 1 << 20;

  private final List<RowRange> ranges;
  private final StructType columns;
  private final Configuration hadoop;
  private final BufferAllocator allocator = new RootAllocator();
  private TensorBytes bytes;
  private CheckpointTensor tensor;
  private WeightScale scale;
  private ArrowBuf scales;
  private int range = -1;
  private long done;
  private ColumnarBatch batch;

  RowReader(List<RowRange> ranges, StructType columns, Configuration hadoop) {
    this.ranges = ranges;
    this.columns = columns;
    this.hadoop = hadoop;
  }

  @Override
  public boolean next() {
    closeBatch();
    while (range < 0 || done == ranges.get(range).rows()) {
      if (++range == ranges.size()) {
        return false;
      }
      done = 0;
      open(ranges.get(range));
    }
    RowRange rows = ranges.get(range);
    long fitting = Math.max(1, MOST_VALUES / Math.max(1, rows.columns()));
    int count = (int) Math.min(Math.min(MOST_ROWS, fitting), rows.rows() - done);
    batch = batch(rows, rows.firstRow() + done, count);
    done += count;
    return true;
  }

  private void open(RowRange rows) {
    if (rows.columns() > Integer.MAX_VALUE / 8) {
      throw new MemoryLimitException(
          "Tensor "
              + QuotedName.of(rows.bytes().name())
              + " has rows of "
              + rows.columns()
              + " weights, more than a Spark array can hold.");
    }
    CheckpointTensor next = rows.tensor(hadoop);
    if (tensor == null || !tensor.file().file().equals(next.file().file())) {
      closeBytes();
      boolean local = HadoopPaths.isLocal(next.file().file());
      bytes = new TensorBytes(local ? IoMode.AUTO : IoMode.READ, allocator, allocator);
    }
    tensor = next;
    closeScales();
    if (rows.scale() != null) {
      readScales(rows.scale().tensor(hadoop));
    }
  }

  private void readScales(CheckpointTensor beside) {
    scale =
        WeightScale.of(tensor, name -> Optional.of(beside).filter(b -> b.name().equals(name)))
            .orElseThrow();
    int count = Math.toIntExact(beside.elementCount());
    scales = allocator.buffer(4L * count);
    try (ArrowBuf raw = bytes.read(beside, 0, beside.byteSize())) {
      Widening.widen(beside.dtype(), raw, scales, 0, count);
    }
  }

  private void closeScales() {
    if (scales != null) {
      scales.close();
      scales = null;
    }
  }

  private ColumnarBatch batch(RowRange rows, long firstRow, int count) {
    RowColumns made =
        new RowColumns(allocator, bytes, tensor, rows, firstRow, count, this::multiply);
    String[] names = columns.fieldNames();
    ColumnVector[] vectors = new ColumnVector[names.length];
    try {
      for (int i = 0; i < names.length; i++) {
        vectors[i] = made.vector(names[i]);
      }
      return new ColumnarBatch(vectors, count);
    } catch (RuntimeException | Error e) {
      for (ColumnVector vector : vectors) {
        if (vector != null) {
          vector.close();
        }
      }
      throw e;
    }
  }

  private void multiply(long firstRow, int count, ArrowBuf weights) {
    if (scales != null) {
      int width = Math.toIntExact(ranges.get(range).columns());
      scale.multiply(firstRow, 0, count, width, scales, weights);
    }
  }

  @Override
  public ColumnarBatch get() {
    return batch;
  }

  private void closeBatch() {
    if (batch != null) {
      batch.close();
      batch = null;
    }
  }

  private void closeBytes() {
    if (bytes != null) {
      bytes.close();
      bytes = null;
    }
  }

  @Override
  public void close() {
    closeBatch();
    closeScales();
    closeBytes();
    allocator.close();
  }
}
