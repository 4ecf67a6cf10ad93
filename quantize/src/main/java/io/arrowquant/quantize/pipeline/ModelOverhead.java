package io.arrowquant.quantize.pipeline;

/** Bytes of a model that are no weights: footers, page headers, layers.parquet. As measured. */
final class ModelOverhead {

  /** A row group: its ten column chunks in the footer, their indexes and page headers. */
  static final double ROW_GROUP = 2600;

  private static final double FOLDER = 12_000;
  private static final double TENSOR = 60;

  private ModelOverhead() {}

  static double bytes(int tensors) {
    return FOLDER + TENSOR * tensors;
  }
}
