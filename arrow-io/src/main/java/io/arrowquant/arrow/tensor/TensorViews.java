package io.arrowquant.arrow.tensor;

import io.arrowquant.arrow.source.IoMode;
import io.arrowquant.arrow.tensor.TensorLayout.Limits;
import io.arrowquant.core.QuotedName;
import io.arrowquant.core.UnsupportedDTypeException;
import io.arrowquant.core.checkpoint.CheckpointTensor;
import io.arrowquant.core.safetensors.DType;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;

/** The ways to see a tensor as vectors, each over the same files and the same validity. */
final class TensorViews implements AutoCloseable {

  private final TensorBytes bytes;
  private final AllValid validity;
  private final BufferAllocator allocator;
  private final Limits limits;

  TensorViews(IoMode mode, BufferAllocator allocator, Limits limits) {
    this.bytes = new TensorBytes(mode, allocator, allocator);
    this.validity = new AllValid(allocator);
    this.allocator = allocator;
    this.limits = limits;
  }

  static void checkWidens(CheckpointTensor tensor) {
    if (!Widening.supports(tensor.dtype())) {
      throw new UnsupportedDTypeException(
          "Tensor "
              + QuotedName.of(tensor.name())
              + " of "
              + QuotedName.of(tensor.file().file())
              + " has dtype "
              + tensor.dtype()
              + ", which cannot be widened to float32.");
    }
  }

  /** Its own type: a matrix from rank 2 on, plain values below. */
  TensorBatches own(CheckpointTensor tensor) {
    return tensor.shape().size() < 2
        ? flat(tensor)
        : stored(tensor, TensorLayout.matrix(tensor.name(), tensor.dtype(), tensor.shape()));
  }

  /** Its own type, plain values whatever the rank. */
  TensorBatches flat(CheckpointTensor tensor) {
    return stored(tensor, TensorLayout.flat(tensor.name(), tensor.dtype(), tensor.shape()));
  }

  /** A matrix of float32 whatever the rank; F32 without a copy, others widened. */
  TensorBatches float32(CheckpointTensor tensor) {
    checkWidens(tensor);
    TensorLayout layout = TensorLayout.float32(tensor.name(), tensor.dtype(), tensor.shape());
    if (tensor.dtype() == DType.F32) {
      return stored(tensor, layout);
    }
    long columns = layout.rowValues();
    return batches(layout, (first, rows) -> bytes.widened(tensor, first * columns, rows * columns));
  }

  /**
   * Elements in order, the file's own bytes where that is their type, else widened to float32.
   *
   * @return owned by the caller
   */
  ArrowBuf elements(CheckpointTensor tensor, DType type, long first, long count) {
    int width = tensor.dtype().bits() / 8;
    return tensor.dtype() == type
        ? bytes.read(tensor, first * width, count * width)
        : bytes.widened(tensor, first, count);
  }

  private TensorBatches stored(CheckpointTensor tensor, TensorLayout layout) {
    long rowBytes = layout.rowBytes();
    return batches(layout, (first, rows) -> bytes.read(tensor, first * rowBytes, rows * rowBytes));
  }

  private TensorBatches batches(TensorLayout layout, TensorBatches.RowReader reader) {
    return new TensorBatches(layout, reader, validity, allocator, limits);
  }

  @Override
  public void close() {
    bytes.close();
    validity.close();
  }
}
