package io.arrowquant.quantize.pipeline;

import io.arrowquant.quantize.plan.QuantizationPlan;
import java.nio.file.Path;
import java.util.Map;

/** What carries out plans: other machines, or, where none are named, this process. */
public interface Cluster {

  /**
   * Whether a run may write here, without writing anything.
   *
   * @throws io.arrowquant.core.OutputExistsException if it may not
   */
  void checkReplaceable(Path output, boolean overwrite);

  /**
   * Begins a model.
   *
   * @param output the model's folder
   * @param footer key-value metadata for every Parquet file
   * @throws io.arrowquant.core.OutputExistsException if the output may not be written
   */
  Execution begin(
      QuantizationPlan plan, Path output, RunOptions options, Map<String, String> footer);
}
