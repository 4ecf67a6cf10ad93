package io.arrowquant.quantize.pipeline;

import io.arrowquant.arrow.parquet.RowRun;
import io.arrowquant.arrow.tensor.TensorBytes;
import io.arrowquant.arrow.tensor.Widening;
import io.arrowquant.core.checkpoint.CheckpointTensor;
import io.arrowquant.core.safetensors.DType;
import io.arrowquant.quantize.fit.SourceRows;
import io.arrowquant.quantize.kernel.ChannelScales;
import io.arrowquant.quantize.plan.SlicePlan;
import io.arrowquant.quantize.plan.TensorPlan;
import io.arrowquant.quantize.plan.WeightScale;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;

/** Reads the rows of runs: their bytes as they are, or scaled where the source has scales. */
public final class SourceReader {

  private final TensorBytes bytes;
  private final BufferAllocator memory;

  public SourceReader(TensorBytes bytes, BufferAllocator memory) {
    this.bytes = bytes;
    this.memory = memory;
  }

  /**
   * The source's bytes of a run, owned by the caller.
   *
   * @param columns of the tensor's matrix
   */
  public ArrowBuf read(CheckpointTensor tensor, RowRun run, long columns) {
    TensorBytes.Range range = range(tensor, run, columns);
    return bytes.read(tensor, range.offset(), range.length());
  }

  /** What will be read for slices that are done in this order. */
  static List<TensorBytes.Range> ranges(List<SlicePlan.Slice> slices) {
    List<TensorBytes.Range> ranges = new ArrayList<>();
    for (SlicePlan.Slice slice : slices) {
      for (int r = 0; r < slice.tensors().size(); r++) {
        TensorPlan plan = slice.tensors().get(r);
        ranges.add(range(plan.tensor(), slice.layout().runs().get(r), plan.columns()));
      }
    }
    return ranges;
  }

  /** Where the source has a run. */
  public static TensorBytes.Range range(CheckpointTensor tensor, RowRun run, long columns) {
    int bits = tensor.dtype().bits();
    long first = run.firstRow() * columns + run.firstColumn();
    return new TensorBytes.Range(tensor, first * bits / 8, run.weights() * bits / 8);
  }

  /**
   * The weights that the bytes of a run stand for. Borrows the bytes where there are no scales;
   * otherwise they are replaced, and closed.
   *
   * @param source as {@link #read} gave them, taken over
   * @return owned by the caller through {@link SourceRows#bytes}
   */
  public SourceRows weights(
      CheckpointTensor tensor, RowRun run, ArrowBuf source, Optional<WeightScale> scale) {
    if (scale.isEmpty()) {
      return new SourceRows(tensor.dtype(), source, 0);
    }
    try (source) {
      int count = Math.toIntExact(run.weights());
      ArrowBuf scaled = memory.buffer((long) count * Float.BYTES);
      try {
        Widening.widen(tensor.dtype(), source, scaled, 0, count);
        multiply(run, scale.get(), scaled);
        return new SourceRows(DType.F32, scaled, 0);
      } catch (RuntimeException | Error e) {
        scaled.close();
        throw e;
      }
    }
  }

  /**
   * The weights of a run times the scales of their columns, as float32.
   *
   * @param weights borrowed
   * @param scales one for each column of the tensor
   * @return owned by the caller
   */
  ArrowBuf multiplied(SourceRows weights, RowRun run, float[] scales) {
    int count = Math.toIntExact(run.weights());
    ArrowBuf product = memory.buffer((long) count * Float.BYTES);
    try {
      int width = weights.dtype().bits() / 8;
      ArrowBuf source = weights.bytes().slice(weights.offset(), (long) count * width);
      Widening.widen(weights.dtype(), source, product, 0, count);
      int column = Math.toIntExact(run.firstColumn());
      ChannelScales.multiply(product.memoryAddress(), count, scales, column, column, run.columns());
      return product;
    } catch (RuntimeException | Error e) {
      product.close();
      throw e;
    }
  }

  private void multiply(RowRun run, WeightScale scale, ArrowBuf weights) {
    CheckpointTensor tensor = scale.tensor();
    int count = Math.toIntExact(tensor.elementCount());
    try (ArrowBuf raw = bytes.read(tensor, 0, tensor.byteSize());
        ArrowBuf scales = memory.buffer((long) count * Float.BYTES)) {
      Widening.widen(tensor.dtype(), raw, scales, 0, count);
      scale.multiply(
          run.firstRow(), run.firstColumn(), run.rowCount(), run.columns(), scales, weights);
    }
  }
}
