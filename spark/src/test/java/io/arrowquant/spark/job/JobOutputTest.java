package io.arrowquant.spark.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.core.AccuracyException;
import io.arrowquant.core.OutputExistsException;
import io.arrowquant.core.StorageException;
import io.arrowquant.core.config.DiffusionQuantConfig;
import io.arrowquant.core.config.Method;
import io.arrowquant.quantize.ArrowQuantV2;
import io.arrowquant.spark.JobOptions;
import io.arrowquant.spark.LocalSpark;
import io.arrowquant.spark.SparkQuantizer;
import io.arrowquant.spark.source.Elsewhere;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;
import org.junit.jupiter.api.io.TempDir;

/** What of an output is there before, while and after a job writes it, whatever happens. */
@EnabledForJreRange(
    max = JRE.JAVA_23,
    disabledReason = "Hadoop 3.4.2, which Spark 4.1 brings, does not run on newer ones")
class JobOutputTest {

  private static final JobOptions OVERWRITE = JobOptions.DEFAULT.withOverwrite(true);

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

  private Path single(DiffusionQuantConfig config) {
    Path output = folder.resolve("single");
    new ArrowQuantV2().quantizeFromSafeTensors(input, output, config);
    return output;
  }

  @Test
  void whatFailsLeavesNothing() throws IOException {
    Path output = folder.resolve("output");
    DiffusionQuantConfig strict =
        DiffusionQuantConfig.builder()
            .bitWidth(2)
            .method(Method.FAST)
            .minAccuracy(0.95)
            .failFast(true)
            .build();
    AccuracyException e =
        assertThrows(
            AccuracyException.class,
            () -> quantizer.quantize(input.toString(), output.toString(), strict));
    assertTrue(e.getMessage().contains("at 2 bits"), e.getMessage());
    assertFalse(Files.exists(output));
    Path foreign = Files.createDirectories(folder.resolve("foreign"));
    Files.writeString(foreign.resolve("thesis.txt"), "mine");
    assertThrows(
        OutputExistsException.class,
        () -> quantizer.quantize(input.toString(), foreign.toString(), strict, OVERWRITE));
    assertEquals("mine", Files.readString(foreign.resolve("thesis.txt")));
  }

  /**
   * What another driver left, or is still writing, is told of; with overwriting it is left alone.
   */
  @Test
  void runsBesideEachOtherTouchOnlyTheirOwn() throws IOException {
    Path output = folder.resolve("output");
    Path other = Files.createDirectories(folder.resolve(".output.app-1-0a1b2c3d.partial/attempts"));
    Files.writeString(other.resolve("class-000-task-00000-attempt-1.parquet"), "half");
    DiffusionQuantConfig config = DiffusionQuantConfig.defaults();
    OutputExistsException e =
        assertThrows(
            OutputExistsException.class,
            () -> quantizer.quantize(input.toString(), output.toString(), config));
    assertTrue(e.getMessage().contains("app-1-0a1b2c3d"), e.getMessage());
    quantizer.quantize(input.toString(), output.toString(), config, OVERWRITE);
    SameModel.check(single(config), output);
    assertEquals("half", Files.readString(other.resolve("class-000-task-00000-attempt-1.parquet")));
    assertEquals(Set.of("output", "single", other.getParent().getFileName().toString()), names());
  }

  private Set<String> names() throws IOException {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.map(entry -> entry.getFileName().toString()).collect(Collectors.toSet());
    }
  }

  /** An old model is there until the new one takes its place, and again if that fails. */
  @Test
  void aModelThatCannotBeReplacedStays() throws IOException {
    DiffusionQuantConfig config = DiffusionQuantConfig.defaults();
    Path output = folder.resolve("output");
    quantizer.quantize(input.toString(), output.toString(), config);
    spark.sparkContext().hadoopConfiguration().set("fs.stubborn.impl", Stubborn.class.getName());
    assertThrows(
        StorageException.class,
        () ->
            quantizer.quantize(
                input.toString(),
                "stubborn:" + output,
                DiffusionQuantConfig.builder().bitWidth(2).build(),
                OVERWRITE));
    SameModel.check(single(config), output);
    assertEquals(Set.of("output", "single"), names());
  }

  /** A driver that dies between its last renames leaves the old model in its own folder. */
  @Test
  void aModelLeftAsideIsToldOf() throws IOException {
    DiffusionQuantConfig config = DiffusionQuantConfig.defaults();
    Path output = folder.resolve("output");
    quantizer.quantize(input.toString(), output.toString(), config);
    Path run = Files.createDirectory(folder.resolve(".output.app-1-0a1b2c3d.partial"));
    Path old = Files.move(output, run.resolve("old"));
    refuses(output, JobOptions.DEFAULT, old);
    // The new model has the name already, and no manifest yet.
    Files.createDirectories(output.resolve("weights"));
    refuses(output, JobOptions.DEFAULT, old);
    refuses(output, OVERWRITE, old);
    Files.delete(output.resolve("weights"));
    Files.delete(output);
    quantizer.quantize(input.toString(), output.toString(), config, OVERWRITE);
    SameModel.check(old, output);
  }

  private void refuses(Path output, JobOptions options, Path old) {
    DiffusionQuantConfig config = DiffusionQuantConfig.defaults();
    OutputExistsException e =
        assertThrows(
            OutputExistsException.class,
            () -> quantizer.quantize(input.toString(), output.toString(), config, options));
    assertTrue(e.getMessage().contains(old.toString()), e.getMessage());
  }

  /** Files on a disk where nothing that is renamed to a model becomes one. */
  public static final class Stubborn extends Elsewhere {

    @Override
    public String getScheme() {
      return "stubborn";
    }

    @Override
    public boolean rename(org.apache.hadoop.fs.Path from, org.apache.hadoop.fs.Path to)
        throws IOException {
      if (from.getName().equals("model.json") && to.getParent().getName().equals("output")) {
        throw new IOException("the quota is used up");
      }
      return super.rename(from, to);
    }
  }
}
