package io.arrowquant.spark.job;

import io.arrowquant.quantize.pipeline.PartReport;
import java.io.Serializable;

/**
 * What a task's attempt came to.
 *
 * @param file name of its file in the folder of attempts; there is none where the report says so
 */
record TaskResult(String file, PartReport report) implements Serializable {
  private static final long serialVersionUID = 1;
}
