package io.arrowquant.quantize.diff;

import io.arrowquant.arrow.source.IoMode;
import io.arrowquant.arrow.tensor.TensorBytes;
import io.arrowquant.core.checkpoint.Checkpoint;
import io.arrowquant.core.checkpoint.CheckpointTensor;
import io.arrowquant.core.safetensors.DType;
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

  CheckpointSide(Checkpoint checkpoint, BufferAllocator memory) {
    this.checkpoint = checkpoint;
    this.bytes = new TensorBytes(IoMode.AUTO, mappings, memory);
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
  public TensorCursor stored(String name) {
    return new Cursor(checkpoint.tensor(name).orElseThrow());
  }

  @Override
  public Optional<WeightScale> scale(String name) {
    return WeightScale.of(checkpoint.tensor(name).orElseThrow(), checkpoint::tensor);
  }

  @Override
  public void close() {
    bytes.close();
    mappings.close();
  }

  private final class Cursor implements TensorCursor {

    private final CheckpointTensor tensor;
    private long position;
    private long count;
    private ArrowBuf piece;

    Cursor(CheckpointTensor tensor) {
      this.tensor = tensor;
    }

    @Override
    public boolean next() {
      close();
      count = Math.min(CHUNK, tensor.elementCount() - position);
      if (count == 0) {
        return false;
      }
      int bits = tensor.dtype().bits();
      piece = bytes.read(tensor, position * bits / 8, count * bits / 8);
      position += count;
      return true;
    }

    @Override
    public DType dtype() {
      return tensor.dtype();
    }

    @Override
    public long count() {
      return count;
    }

    @Override
    public ArrowBuf bytes() {
      return piece;
    }

    @Override
    public void close() {
      if (piece != null) {
        piece.close();
        piece = null;
      }
    }
  }
}
