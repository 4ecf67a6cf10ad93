package io.arrowquant.spark;

import io.arrowquant.arrow.source.IoMode;
import io.arrowquant.core.Progress;
import io.arrowquant.core.config.DiffusionQuantConfig;
import io.arrowquant.quantize.ArrowQuantV2;
import io.arrowquant.quantize.QuantizationResult;
import io.arrowquant.quantize.pipeline.RunOptions;
import io.arrowquant.spark.hadoop.HadoopPaths;
import io.arrowquant.spark.job.SparkCluster;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;

/**
 * Quantizes models on the executors of a Spark application: the driver reads headers and plans,
 * executors read weights and write files. What comes out is, tensor by tensor, bit for bit what one
 * machine makes; only how rows are spread over files differs.
 */
public final class SparkQuantizer {

  private final SparkSession spark;

  /**
   * @param spark stays the caller's
   */
  public SparkQuantizer(SparkSession spark) {
    this.spark = spark;
  }

  /** Quantizes with {@link JobOptions#DEFAULT}. */
  public QuantizationResult quantize(String input, String output, DiffusionQuantConfig config) {
    return quantize(input, output, config, JobOptions.DEFAULT);
  }

  /**
   * Quantizes a checkpoint into a model folder, both on any file system that Hadoop knows and that
   * the driver and all executors see; the checkpoint may also be on the Hub or a web server.
   *
   * @param input a file, an index, a folder with shards or a diffusers folder, or {@code hf://} and
   *     {@code https://} addresses of these
   * @param output the folder to write; a model when this returns
   * @param config its memory limit holds for each task, its threads for the driver
   * @throws io.arrowquant.core.ArrowQuantException as {@link ArrowQuantV2#quantizeFromSafeTensors}
   */
  public QuantizationResult quantize(
      String input, String output, DiffusionQuantConfig config, JobOptions options) {
    Configuration hadoop = spark.sessionState().newHadoopConf();
    Path source = HadoopPaths.of(input, hadoop);
    RunOptions run =
        RunOptions.DEFAULT
            .withIo(HadoopPaths.isLocal(source) ? IoMode.AUTO : IoMode.READ)
            .withOverwrite(options.overwrite())
            .withAllowRequantize(options.allowRequantize());
    SparkCluster cluster =
        new SparkCluster(
            JavaSparkContext.fromSparkContext(spark.sparkContext()), hadoop, options.taskBytes());
    return new ArrowQuantV2()
        .quantizeFromSafeTensors(
            source, HadoopPaths.of(output, hadoop), config, run, Progress.NONE, cluster);
  }
}
