package io.arrowquant.spark.job;

import io.arrowquant.arrow.parquet.Manifest;
import io.arrowquant.arrow.parquet.ModelFile;
import io.arrowquant.arrow.parquet.writer.ModelFiles;
import io.arrowquant.arrow.source.IoMode;
import io.arrowquant.core.ArrowQuantException;
import io.arrowquant.core.RunInterruptedException;
import io.arrowquant.core.config.DiffusionQuantConfig;
import io.arrowquant.quantize.pipeline.ClassParts;
import io.arrowquant.quantize.pipeline.Execution;
import io.arrowquant.quantize.pipeline.RunLedger;
import io.arrowquant.quantize.plan.SlicePlan.Unit;
import io.arrowquant.spark.hadoop.HadoopPaths;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.util.SerializableConfiguration;

/** A run on executors: a Spark job for each class. */
final class SparkExecution implements Execution {

  private final SparkCluster cluster;
  private final DiffusionQuantConfig config;
  private final IoMode io;
  private final Map<String, String> footer;
  private final SerializableConfiguration hadoop;
  private final JobFolder folder;
  private final String group = "arrowquant-" + UUID.randomUUID();
  private int pass;
  private long peakMemoryBytes;

  /**
   * @param folder closed with this
   */
  SparkExecution(
      SparkCluster cluster,
      DiffusionQuantConfig config,
      IoMode io,
      Map<String, String> footer,
      SerializableConfiguration hadoop,
      JobFolder folder) {
    this.cluster = cluster;
    this.config = config;
    this.io = io;
    this.footer = footer;
    this.hadoop = hadoop;
    this.folder = folder;
  }

  @Override
  public void run(List<Unit> units, RunLedger ledger) {
    ClassParts parts = ClassParts.of(units, cluster.taskBytes(), config);
    List<byte[]> tasks = new ArrayList<>();
    for (int i = 0; i < parts.tasks().size(); i++) {
      tasks.add(Packed.pack(ShippedTask.of(i, parts.tasks().get(i))));
    }
    String attempts = HadoopPaths.location(folder.attempts());
    TaskFunction function = new TaskFunction(attempts, pass++, config, io, footer, hadoop);
    List<TaskResult> results =
        results(tasks, function, units.get(0).slices().get(0).kind().toString());
    List<Boolean> stays = parts.settle(results.stream().map(TaskResult::report).toList(), ledger);
    for (int i = 0; i < results.size(); i++) {
      peakMemoryBytes = Math.max(peakMemoryBytes, results.get(i).report().peakMemoryBytes());
      if (stays.get(i)) {
        folder.keep(results.get(i));
      }
    }
  }

  /** One result a task, in order, whichever attempt it is of. */
  private List<TaskResult> results(List<byte[]> tasks, TaskFunction function, String what) {
    JavaSparkContext spark = cluster.spark();
    spark.setJobGroup(group, "ArrowQuant: " + what, true);
    try {
      return spark.parallelize(tasks, tasks.size()).map(function).collect().stream()
          .map(packed -> Packed.unpack(packed, TaskResult.class))
          .toList();
    } catch (Exception e) { // Spark throws checked exceptions that no method declares
      spark.cancelJobGroup(group);
      throw failure(e);
    } finally {
      spark.clearJobGroup();
    }
  }

  /** The exception of the family that a task ended with, where there is one. */
  private static RuntimeException failure(Exception e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof ArrowQuantException own) {
        return own;
      }
      if (cause instanceof InterruptedException) {
        Thread.currentThread().interrupt();
        return new RunInterruptedException("The run was interrupted.", e);
      }
    }
    return e instanceof RuntimeException known ? known : new IllegalStateException(e);
  }

  @Override
  public ModelFiles files() {
    return folder.files();
  }

  @Override
  public Optional<String> finish(Function<List<ModelFile>, Manifest> manifest) {
    return folder.finish(manifest);
  }

  @Override
  public long peakMemoryBytes() {
    return peakMemoryBytes;
  }

  @Override
  public int workers() {
    return cluster.spark().defaultParallelism();
  }

  @Override
  public void close() {
    folder.close();
  }
}
