package io.arrowquant.quantize.fit;

import io.arrowquant.arrow.parquet.QuantizedBatch;

/** What became of a slice. */
public sealed interface SliceOutcome {

  /**
   * The codes of all its runs.
   *
   * @param batch owned by the receiver
   */
  record Quantized(QuantizedBatch batch) implements SliceOutcome {}

  /**
   * A run holds NaNs or infinities: its sums say how many, and nothing was quantized. The caller
   * keeps the tensors whose sums {@link io.arrowquant.quantize.measure.ErrorSums#hasNonFinite() say
   * so}.
   */
  record NonFinite() implements SliceOutcome {}
}
