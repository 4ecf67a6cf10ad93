package io.arrowquant.quantize.pipeline;

import io.arrowquant.arrow.parquet.PageLayout;
import io.arrowquant.arrow.parquet.QuantizedBatch;
import io.arrowquant.arrow.parquet.RowRun;
import io.arrowquant.core.config.DiffusionQuantConfig;
import io.arrowquant.core.safetensors.DType;
import io.arrowquant.quantize.fit.SliceOutcome;
import io.arrowquant.quantize.fit.SliceQuantizer;
import io.arrowquant.quantize.fit.SourceRows;
import io.arrowquant.quantize.measure.ErrorSums;
import io.arrowquant.quantize.plan.Treatment;
import java.util.List;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.VectorSchemaRoot;

/** Quantizes float32 matrices that are in Arrow memory already. Not thread-safe. */
public final class LayerQuantizer {

  private final BufferAllocator allocator;
  private final SliceQuantizer quantizer;

  /** For no other runtime. */
  public LayerQuantizer(BufferAllocator allocator) {
    this(allocator, DiffusionQuantConfig.defaults());
  }

  /**
   * @param config names the runtime that the result is for, if there is one
   */
  public LayerQuantizer(BufferAllocator allocator, DiffusionQuantConfig config) {
    this.allocator = allocator;
    this.quantizer = new SliceQuantizer(config.target());
  }

  /**
   * Quantizes a matrix; one that holds NaN or infinities is kept.
   *
   * @param treatment width, group size and method
   * @param values row-major float32 from the buffer's start; read, not kept
   * @return rows in {@link io.arrowquant.arrow.parquet.WeightsSchema#ARROW}, owned by the caller
   */
  public VectorSchemaRoot quantize(
      int layerId,
      String name,
      Treatment.Quantize treatment,
      ArrowBuf values,
      int rows,
      int columns) {
    if (rows == 0 || columns == 0) {
      return WeightRows.empty(allocator);
    }
    PageLayout layout = layout(layerId, name, rows, columns, treatment.groupSize());
    SourceRows source = new SourceRows(DType.F32, values, 0);
    SliceOutcome outcome =
        quantizer.quantize(
            layout,
            List.of(source),
            treatment.bitWidth(),
            treatment.method(),
            allocator,
            List.of(new ErrorSums()));
    if (outcome instanceof SliceOutcome.Quantized quantized) {
      try (QuantizedBatch batch = quantized.batch()) {
        return WeightRows.quantized(batch, allocator);
      }
    }
    return keep(layerId, name, values, rows, columns);
  }

  /** The same matrix as it is. */
  public VectorSchemaRoot keep(int layerId, String name, ArrowBuf values, int rows, int columns) {
    return rows == 0 || columns == 0
        ? WeightRows.empty(allocator)
        : WeightRows.kept(layout(layerId, name, rows, columns, 0), values, allocator);
  }

  private static PageLayout layout(int layerId, String name, int rows, int columns, int groupSize) {
    return PageLayout.of(List.of(new RowRun(layerId, name, 0, rows, columns, groupSize)));
  }
}
