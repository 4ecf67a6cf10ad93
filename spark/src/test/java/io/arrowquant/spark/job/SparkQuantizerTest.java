package io.arrowquant.spark.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.arrow.parquet.LayerRecord;
import io.arrowquant.core.OutputExistsException;
import io.arrowquant.core.StorageException;
import io.arrowquant.core.config.ConfigBuilder;
import io.arrowquant.core.config.DiffusionQuantConfig;
import io.arrowquant.core.config.Method;
import io.arrowquant.core.remote.LoopbackHub;
import io.arrowquant.quantize.ArrowQuantV2;
import io.arrowquant.quantize.QuantizationResult;
import io.arrowquant.spark.JobOptions;
import io.arrowquant.spark.LocalSpark;
import io.arrowquant.spark.SparkQuantizer;
import io.arrowquant.spark.source.Elsewhere;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;
import org.junit.jupiter.api.io.TempDir;

/** The job makes the model that one machine makes. */
@EnabledForJreRange(
    max = JRE.JAVA_23,
    disabledReason = "Hadoop 3.4.2, which Spark 4.1 brings, does not run on newer ones")
class SparkQuantizerTest {

  private static final JobOptions SMALL_TASKS = JobOptions.DEFAULT.withTaskBytes(1_000_000);

  @TempDir static Path shared;
  private static Path input;

  @TempDir Path folder;

  private final SparkSession spark = LocalSpark.session();
  private final SparkQuantizer quantizer = new SparkQuantizer(spark);

  @BeforeAll
  static void write() throws IOException {
    input = shared.resolve("a model");
    TestCheckpoint.write(input, TestCheckpoint.odd());
  }

  private static ConfigBuilder twoBits() {
    return DiffusionQuantConfig.builder().bitWidth(2).method(Method.FAST);
  }

  private Path single(DiffusionQuantConfig config) {
    Path output = folder.resolve("single");
    new ArrowQuantV2().quantizeFromSafeTensors(input, output, config);
    return output;
  }

  @Test
  void tensorsThatTheGateRefusesTakeTheSameWay() throws IOException {
    DiffusionQuantConfig config = twoBits().minAccuracy(0.95).build();
    Path output = folder.resolve("an output");
    QuantizationResult result =
        quantizer.quantize(input.toString(), output.toString(), config, SMALL_TASKS);
    SameModel.check(single(config), output);
    List<String> raised =
        result.layers().stream()
            .filter(layer -> !layer.attempts().isEmpty() && layer.quantization() != null)
            .map(LayerRecord::name)
            .toList();
    assertTrue(raised.contains("blocks.2.hard.weight"), raised.toString());
    assertTrue(raised.contains("blocks.5.largehard.weight"), raised.toString());
    assertTrue(result.peakMemoryBytes() > 0);
    try (Stream<Path> parts = Files.list(output.resolve("weights"))) {
      assertTrue(parts.count() > 10, "tasks that write files of their own");
    }
  }

  @Test
  void tasksOfManyTensorsGiveTheSameModel() throws IOException {
    DiffusionQuantConfig config = DiffusionQuantConfig.defaults();
    Path output = folder.resolve("output");
    quantizer.quantize(input.toString(), output.toString(), config);
    SameModel.check(single(config), output);
  }

  @Test
  void readsAndWritesThroughHadoop() throws IOException {
    spark.sparkContext().hadoopConfiguration().set("fs.elsewhere.impl", Elsewhere.class.getName());
    DiffusionQuantConfig config = DiffusionQuantConfig.builder().bitWidth(3).build();
    Path output = folder.resolve("deep/er/an output");
    int before = Elsewhere.VECTORED.get();
    quantizer.quantize("elsewhere:" + input, "elsewhere:" + output, config, SMALL_TASKS);
    assertTrue(Elsewhere.VECTORED.get() > before + 4, "ranges of the large tensors' slices");
    SameModel.check(single(config), output);
    assertThrows(
        OutputExistsException.class,
        () -> quantizer.quantize("elsewhere:" + input, "elsewhere:" + output, config));
    DiffusionQuantConfig other = DiffusionQuantConfig.builder().bitWidth(8).build();
    quantizer.quantize(
        "elsewhere:" + input, "elsewhere:" + output, other, SMALL_TASKS.withOverwrite(true));
    Path single = folder.resolve("other");
    new ArrowQuantV2().quantizeFromSafeTensors(input, single, other);
    SameModel.check(single, output);
  }

  /** Executors ask the server themselves, by ranges. */
  @Test
  void readsFromAServer() throws IOException {
    DiffusionQuantConfig config = DiffusionQuantConfig.builder().bitWidth(4).build();
    Path output = folder.resolve("output");
    try (LoopbackHub hub = new LoopbackHub(input)) {
      String index = hub.endpoint() + "/files/model.safetensors.index.json";
      quantizer.quantize(index, output.toString(), config, SMALL_TASKS);
      assertTrue(
          hub.requests().stream()
              .filter(request -> request.path().endsWith(".safetensors"))
              .allMatch(request -> request.range() != null),
          hub.requests().toString());
    }
    SameModel.checkTensors(single(config), output);
  }

  @Test
  void aTargetSizeIsMet() throws IOException {
    DiffusionQuantConfig config =
        DiffusionQuantConfig.builder().targetBpw(5).exclude("*infinite*", "*nan*").build();
    Path output = folder.resolve("output");
    QuantizationResult result =
        quantizer.quantize(input.toString(), output.toString(), config, SMALL_TASKS);
    assertTrue(result.bitsPerWeight() <= 5, result.bitsPerWeight() + " bits");
    assertTrue(result.bitsPerWeight() > 4.5, result.bitsPerWeight() + " bits");
    assertTrue(
        result.layers().stream()
                .filter(layer -> layer.quantization() != null)
                .mapToInt(layer -> layer.quantization().bitWidth())
                .distinct()
                .count()
            > 1,
        "tensors of several widths");
    SameModel.check(single(config), output);
  }

  /** Importance of columns and equalization go to the executors, per tensor. */
  @Test
  void calibratedTensorsAreTheSame() throws IOException {
    Path samples = folder.resolve("samples.jsonl");
    Random random = new Random(7);
    List<String> lines = new ArrayList<>();
    for (String layer : List.of("blocks.2.hard", "blocks.5.large", "blocks.6.scaled")) {
      for (int timestep = 0; timestep < 4; timestep++) {
        String data =
            random
                .doubles(256)
                .mapToObj(x -> String.valueOf(x < 0.02 ? 20 : x))
                .collect(Collectors.joining(","));
        lines.add(
            "{\"layer\":\"%s\",\"timestep\":%d,\"data\":[%s]}".formatted(layer, timestep, data));
      }
    }
    Files.write(samples, lines);
    DiffusionQuantConfig config =
        DiffusionQuantConfig.builder()
            .calibration(samples.toString())
            .enableTimeAware(true)
            .enableSpatial(true)
            .build();
    Path output = folder.resolve("output");
    QuantizationResult result =
        quantizer.quantize(input.toString(), output.toString(), config, SMALL_TASKS);
    List<String> equalized =
        result.layers().stream()
            .filter(layer -> layer.spatial() != null)
            .map(LayerRecord::name)
            .toList();
    assertEquals(
        List.of("blocks.2.hard.weight", "blocks.5.large.weight", "blocks.6.scaled.weight"),
        equalized);
    SameModel.check(single(config), output);
  }

  /** A failure on an executor comes out as what it is on one machine. */
  @Test
  void failuresOfTasksKeepTheirKind() throws IOException {
    Path copy = folder.resolve("shrunk");
    TestCheckpoint.write(copy, TestCheckpoint.plain(2));
    spark.sparkContext().hadoopConfiguration().set("fs.shrinking.impl", Shrinking.class.getName());
    Path output = folder.resolve("output");
    StorageException e =
        assertThrows(
            StorageException.class,
            () ->
                quantizer.quantize(
                    "shrinking:" + copy, output.toString(), DiffusionQuantConfig.defaults()));
    assertTrue(e.getMessage().contains("safetensors"), e.getMessage());
    assertFalse(Files.exists(output));
  }

  /** Files of which large reads fail, as those of a disk that dies after the headers are read. */
  public static final class Shrinking extends Elsewhere {

    @Override
    public String getScheme() {
      return "shrinking";
    }

    @Override
    public org.apache.hadoop.fs.FSDataInputStream open(
        org.apache.hadoop.fs.Path path, int bufferSize) throws IOException {
      return new org.apache.hadoop.fs.FSDataInputStream(
          super.open(path, bufferSize).getWrappedStream()) {
        @Override
        public void readVectored(
            List<? extends org.apache.hadoop.fs.FileRange> ranges, IntFunction<ByteBuffer> allocate)
            throws IOException {
          throw new IOException("the disk is gone");
        }
      };
    }
  }
}
