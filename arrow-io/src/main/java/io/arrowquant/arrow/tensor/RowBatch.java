package io.arrowquant.arrow.tensor;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.IntVector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.complex.ListVector;
import org.apache.arrow.vector.ipc.message.ArrowFieldNode;
import org.apache.arrow.vector.types.FloatingPointPrecision;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.FieldType;
import org.apache.arrow.vector.types.pojo.Schema;

/**
 * One batch of rows of weights, of any number of tensors: {@code layer_id, layer_name, row,
 * col_start, weights}, the same for checkpoints and quantized models. A row of a matrix is one row
 * here; one wider than {@link #MAX_PIECE} is several, each with the column that it starts at. Keys
 * are added row by row, the weights of all rows at once. Not thread-safe.
 */
public final class RowBatch {

  /** Type of the weights in it. */
  public static final ArrowType FLOAT32 =
      new ArrowType.FloatingPoint(FloatingPointPrecision.SINGLE);

  /** Wider rows are cut, in weights files too: wider lists cost Spark and DuckDB gigabytes. */
  public static final int MAX_PIECE = 1 << 16;

  /** Rows of float32. */
  public static final Schema SCHEMA = schema(FLOAT32);

  private final VectorSchemaRoot root;
  private final IntVector ids;
  private final VarCharVector names;
  private final BigIntVector rowNumbers;
  private final BigIntVector starts;
  private final ListVector weights;
  private final ArrowBuf offsets;
  private final int capacity;
  private int rows;
  private int values;
  private boolean finished;

  /**
   * Begins a batch: whatever the root held is released.
   *
   * @param root of a {@link #schema}
   * @param capacity most rows that will be added
   */
  public RowBatch(VectorSchemaRoot root, int capacity) {
    this.root = root;
    this.capacity = capacity;
    root.clear();
    this.ids = (IntVector) root.getVector("layer_id");
    this.names = (VarCharVector) root.getVector("layer_name");
    this.rowNumbers = (BigIntVector) root.getVector("row");
    this.starts = (BigIntVector) root.getVector("col_start");
    this.weights = (ListVector) root.getVector("weights");
    ids.allocateNew(capacity);
    rowNumbers.allocateNew(capacity);
    starts.allocateNew(capacity);
    this.offsets = weights.getAllocator().buffer(4L * (capacity + 1));
    offsets.setInt(0, 0);
  }

  /** The columns, with weights of a type. */
  public static Schema schema(ArrowType element) {
    return new Schema(
        List.of(
            Field.notNullable("layer_id", new ArrowType.Int(32, true)),
            Field.notNullable("layer_name", ArrowType.Utf8.INSTANCE),
            Field.notNullable("row", new ArrowType.Int(64, true)),
            Field.notNullable("col_start", new ArrowType.Int(64, true)),
            new Field(
                "weights",
                new FieldType(false, ArrowType.List.INSTANCE, null),
                List.of(Field.notNullable("element", element)))));
  }

  /** Adds a row's keys; its weights follow those of the row before it. */
  public void add(int layerId, String layerName, long row, long firstColumn, int columns) {
    if (rows == capacity) {
      throw new IllegalStateException("more than " + capacity + " rows in a batch");
    }
    ids.set(rows, layerId);
    names.setSafe(rows, layerName.getBytes(StandardCharsets.UTF_8));
    rowNumbers.set(rows, row);
    starts.set(rows, firstColumn);
    rows++;
    values = Math.addExact(values, columns);
    offsets.setInt(4L * rows, values);
  }

  /** Rows added so far. */
  public int rows() {
    return rows;
  }

  /** Weights of all rows added so far. */
  public int values() {
    return values;
  }

  /**
   * Ends the batch.
   *
   * @param elements all weights, row after row; retained by the batch, not copied
   */
  public void finish(ArrowBuf elements) {
    BufferAllocator allocator = weights.getAllocator();
    finished = true;
    try (offsets;
        ArrowBuf valid = allocator.buffer(Math.max(1, (Math.max(rows, values) + 7L) / 8))) {
      valid.setOne(0, valid.capacity());
      weights.loadFieldBuffers(new ArrowFieldNode(rows, 0), List.of(valid, offsets));
      weights
          .getDataVector()
          .loadFieldBuffers(new ArrowFieldNode(values, 0), List.of(valid, elements));
    }
    root.setRowCount(rows);
  }

  /** Gives up the batch, where its weights could not be had or it could not be finished. */
  public void abandon() {
    if (!finished) {
      offsets.close();
    }
    root.clear();
  }
}
