package io.arrowquant.spark.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.core.config.DiffusionQuantConfig;
import io.arrowquant.quantize.ArrowQuantV2;
import io.arrowquant.spark.QuantizeJob;
import io.arrowquant.spark.function.ArrowQuantFunctions;
import io.arrowquant.spark.job.SameModel;
import io.arrowquant.spark.job.TestCheckpoint;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.JRE;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * The packaged job on a cluster whose processes have Spark's own jars and no others, of which one
 * executor dies and one hangs.
 */
@EnabledForJreRange(
    max = JRE.JAVA_23,
    disabledReason = "Hadoop 3.4.2, which Spark 4.1 brings, does not run on newer ones")
@EnabledOnOs(value = OS.LINUX, disabledReason = "elsewhere 127.0.0.2 is no address of the machine")
class ClusterIT {

  private static final String JOB = System.getProperty("arrowquant.job");

  /** Where the classes of these tests are. */
  private static final String TESTS =
      ClusterIT.class.getProtectionDomain().getCodeSource().getLocation().getPath();

  /** Matrices of 8 MiB. */
  private static final int MATRICES = Integer.getInteger("arrowquant.matrices");

  @TempDir Path folder;

  @Test
  void anExecutorDiesAndAnotherHangs() throws Exception {
    Path input = folder.resolve("a model");
    TestCheckpoint.write(input, TestCheckpoint.plain(MATRICES));
    Path output = folder.resolve("output");
    Path faults = Files.createDirectories(folder.resolve("faults"));
    long start = System.nanoTime();
    try (LoopbackCluster cluster = new LoopbackCluster(folder.resolve("cluster"), 2)) {
      String said = cluster.submit(job("unreliable:" + input, "unreliable:" + output, faults));
      assertTrue(said.contains("tensors quantized"), said);
      assertTrue(said.contains("Lost executor"), said);
      System.getLogger(ClusterIT.class.getName())
          .log(
              System.Logger.Level.INFO,
              "{0} MB on 2 executors, cluster started: {1} s",
              MATRICES * 8.4,
              (System.nanoTime() - start) / 1_000_000_000);
      assertEquals(Set.of(Unreliable.DEATH, Unreliable.HANGING), Unreliable.happened(faults));
      String read = cluster.submit(readBack(input.toString(), output.toString()));
      Matcher noise = Pattern.compile("16 rows, noise (0[.]\\d+)").matcher(read);
      assertTrue(noise.find(), read);
      assertEquals(0.01, Double.parseDouble(noise.group(1)), 0.01);
    }
    Path single = folder.resolve("single");
    new ArrowQuantV2().quantizeFromSafeTensors(input, single, DiffusionQuantConfig.defaults());
    SameModel.check(single, output);
  }

  private static List<String> job(String input, String output, Path faults) {
    Map<String, String> settings = new TreeMap<>();
    settings.put("spark.executor.extraJavaOptions", "-D" + Unreliable.FAULTS + "=" + faults);
    settings.put("spark.hadoop.fs.unreliable.impl", Unreliable.class.getName());
    settings.put("spark.speculation", "true");
    settings.put("spark.speculation.interval", "100ms");
    settings.put("spark.speculation.minTaskRuntime", "500ms");
    settings.put("spark.speculation.quantile", "0.5");
    List<String> words = submission(settings);
    words.addAll(List.of("--class", QuantizeJob.class.getName(), JOB));
    words.addAll(List.of("--input", input, "--output", output, "--bits", "4"));
    words.addAll(List.of("--max-memory", "256"));
    words.addAll(List.of("--task-size", MATRICES > 50 ? "64MiB" : "8MiB"));
    return words;
  }

  private static List<String> readBack(String input, String output) {
    List<String> words =
        submission(
            Map.of(
                "spark.sql.extensions",
                ArrowQuantFunctions.class.getName(),
                "spark.sql.shuffle.partitions",
                "2"));
    words.addAll(List.of("--jars", JOB, "--class", ReadBack.class.getName()));
    words.addAll(List.of("spark-internal", input, output)); // its class is on the class path
    return words;
  }

  private static List<String> submission(Map<String, String> settings) {
    List<String> words =
        new ArrayList<>(
            List.of(
                "--driver-memory",
                "512m",
                "--executor-memory",
                "512m",
                "--driver-class-path",
                TESTS,
                "--conf",
                "spark.executor.extraClassPath=" + TESTS,
                "--conf",
                "spark.ui.enabled=false",
                "--conf",
                "spark.scheduler.minRegisteredResourcesRatio=1.0"));
    settings.forEach((key, value) -> words.addAll(List.of("--conf", key + "=" + value)));
    return words;
  }
}
