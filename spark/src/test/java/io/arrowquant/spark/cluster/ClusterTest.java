package io.arrowquant.spark.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.core.config.DiffusionQuantConfig;
import io.arrowquant.quantize.ArrowQuantV2;
import io.arrowquant.spark.QuantizeJob;
import io.arrowquant.spark.job.SameModel;
import io.arrowquant.spark.job.TestCheckpoint;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.JRE;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The job on executors that are processes of their own, of which one dies and one hangs. */
@EnabledForJreRange(
    max = JRE.JAVA_23,
    disabledReason = "Hadoop 3.4.2, which Spark 4.1 brings, does not run on newer ones")
@EnabledOnOs(value = OS.LINUX, disabledReason = "elsewhere 127.0.0.2 is no address of the machine")
class ClusterTest {

  /** Matrices of 8 MiB; {@code -Darrowquant.matrices=128} makes them a gigabyte. */
  private static final int MATRICES = Integer.getInteger("arrowquant.matrices", 6);

  @TempDir Path folder;

  @Test
  void anExecutorDiesAndAnotherHangs() throws Exception {
    Path input = folder.resolve("a model");
    TestCheckpoint.write(input, TestCheckpoint.plain(MATRICES));
    Path faults = Files.createDirectories(folder.resolve("faults"));
    Path output = folder.resolve("output");
    Map<String, String> settings = new TreeMap<>();
    settings.put("spark.executor.memory", "512m");
    settings.put("spark.executor.extraClassPath", System.getProperty("java.class.path"));
    settings.put(
        "spark.executor.extraJavaOptions", "-D" + Unreliable.FAULTS + "=" + faults.toString());
    settings.put("spark.hadoop.fs.unreliable.impl", Unreliable.class.getName());
    settings.put("spark.driver.host", "127.0.0.1");
    settings.put("spark.ui.enabled", "false");
    settings.put("spark.speculation", "true");
    settings.put("spark.speculation.interval", "100ms");
    settings.put("spark.speculation.minTaskRuntime", "500ms");
    settings.put("spark.speculation.quantile", "0.5");
    settings.put("spark.scheduler.minRegisteredResourcesRatio", "1.0");
    long start = System.nanoTime();
    try (LoopbackCluster cluster = new LoopbackCluster(folder.resolve("cluster"), 2)) {
      String said =
          cluster.submit(
              QuantizeJob.class.getName(),
              settings,
              List.of(
                  "--input",
                  "unreliable:" + input,
                  "--output",
                  "unreliable:" + output,
                  "--bits",
                  "4",
                  "--max-memory",
                  "256",
                  "--task-size",
                  MATRICES > 50 ? "64MiB" : "8MiB"));
      assertTrue(said.contains("tensors quantized"), said);
      assertTrue(said.contains("Lost executor"), said);
    }
    System.getLogger(ClusterTest.class.getName())
        .log(
            System.Logger.Level.INFO,
            "{0} MB on 2 executors, cluster started and stopped: {1} s",
            MATRICES * 8.4,
            (System.nanoTime() - start) / 1_000_000_000);
    assertEquals(Set.of(Unreliable.DEATH, Unreliable.HANGING), Unreliable.happened(faults));
    Path single = folder.resolve("single");
    new ArrowQuantV2().quantizeFromSafeTensors(input, single, DiffusionQuantConfig.defaults());
    SameModel.check(single, output);
  }
}
