package io.arrowquant.quantize.diff;

import io.arrowquant.arrow.parquet.RowRun;
import io.arrowquant.arrow.source.IoMode;
import io.arrowquant.arrow.tensor.MatrixShape;
import io.arrowquant.arrow.tensor.TensorBytes;
import io.arrowquant.core.checkpoint.Checkpoint;
import io.arrowquant.core.checkpoint.CheckpointTensor;
import io.arrowquant.core.safetensors.DType;
import io.arrowquant.quantize.fit.SourceRows;
import io.arrowquant.quantize.pipeline.SourceReader;
import io.arrowquant.quantize.plan.WeightScale;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;

/** A SafeTensors checkpoint. Owns its mappings. */
final class CheckpointSide implements ModelSide {

  private static final int CHUNK = 1 << 20;

  private final Checkpoint checkpoint;
  private final BufferAllocator mappings = new RootAllocator();
  private final TensorBytes bytes;
  private final SourceReader reader;

  CheckpointSide(Checkpoint checkpoint, BufferAllocator memory) {
    this.checkpoint = checkpoint;
    this.bytes = new TensorBytes(IoMode.AUTO, mappings, memory);
    this.reader = new SourceReader(bytes, memory);
  }

  @Override
  public SortedMap<String, TensorFacts> tensors() {
    SortedMap<String, TensorFacts> tensors = new TreeMap<>();
    for (CheckpointTensor tensor : checkpoint.tensors()) {
      tensors.put(
          tensor.name(), new TensorFacts(tensor.dtype(), tensor.dtype().name(), tensor.shape()));
    }
    return tensors;
  }

  @Override
  public boolean isScaled(String name) {
    return false;
  }

  @Override
  public TensorCursor open(String name, boolean scaled) {
    CheckpointTensor tensor = checkpoint.tensor(name).orElseThrow();
    Optional<WeightScale> scale =
        scaled ? WeightScale.of(tensor, checkpoint::tensor) : Optional.empty();
    return new Cursor(tensor, scale);
  }

  @Override
  public void close() {
    bytes.close();
    mappings.close();
  }

  /** Flat chunks, or, where there are scales, whole rows. */
  private final class Cursor implements TensorCursor {

    private final CheckpointTensor tensor;
    private final Optional<WeightScale> scale;
    private final long columns;
    private long position;
    private long count;
    private SourceRows piece;

    Cursor(CheckpointTensor tensor, Optional<WeightScale> scale) {
      this.tensor = tensor;
      this.scale = scale;
      this.columns = MatrixShape.of(tensor.name(), tensor.shape()).columns();
    }

    @Override
    public boolean next() {
      close();
      long left = tensor.elementCount() - position;
      if (left == 0) {
        return false;
      }
      if (scale.isEmpty()) {
        count = Math.min(CHUNK, left);
        int bits = tensor.dtype().bits();
        ArrowBuf read = bytes.read(tensor, position * bits / 8, count * bits / 8);
        piece = new SourceRows(tensor.dtype(), read, 0);
      } else {
        int rows = (int) Math.max(1, Math.min(CHUNK / columns, left / columns));
        count = rows * columns;
        RowRun run =
            new RowRun(0, tensor.name(), position / columns, rows, Math.toIntExact(columns), 0);
        piece = reader.weights(tensor, run, reader.read(tensor, run, columns), scale);
      }
      position += count;
      return true;
    }

    @Override
    public DType dtype() {
      return piece.dtype();
    }

    @Override
    public long count() {
      return count;
    }

    @Override
    public ArrowBuf bytes() {
      return piece.bytes();
    }

    @Override
    public void close() {
      if (piece != null) {
        piece.bytes().close();
        piece = null;
      }
    }
  }
}
