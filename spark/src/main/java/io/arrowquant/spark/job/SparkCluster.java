package io.arrowquant.spark.job;

import io.arrowquant.quantize.pipeline.Cluster;
import io.arrowquant.quantize.pipeline.Execution;
import io.arrowquant.quantize.pipeline.RunOptions;
import io.arrowquant.quantize.plan.QuantizationPlan;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.util.SerializableConfiguration;

/**
 * The executors of a Spark application.
 *
 * @param spark stays the caller's
 * @param hadoop that checkpoint and output are reached with
 * @param taskBytes source bytes of a task, about; each becomes a file of weights
 */
public record SparkCluster(JavaSparkContext spark, Configuration hadoop, long taskBytes)
    implements Cluster {

  @Override
  public void checkReplaceable(Path output, boolean overwrite) {
    RunFolders.checkReplaceable(output, overwrite);
  }

  @Override
  public Execution begin(
      QuantizationPlan plan, Path output, RunOptions options, Map<String, String> footer) {
    String run = spark.sc().applicationId() + "-" + UUID.randomUUID().toString().substring(0, 8);
    JobFolder folder = JobFolder.begin(output, options.overwrite(), footer, run);
    return new SparkExecution(
        this,
        plan.config(),
        options.io(),
        new LinkedHashMap<>(footer),
        new SerializableConfiguration(hadoop),
        folder);
  }
}
