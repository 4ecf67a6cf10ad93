package io.arrowquant.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.arrowquant.cli.Main;
import io.arrowquant.cli.Ran;
import io.arrowquant.cli.demo.SyntheticCheckpoint;
import io.arrowquant.core.Progress;
import io.arrowquant.core.safetensors.DType;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BatchTest {

  private static final String THREE_JOBS =
      """
      defaults:
        settings: {bit_width: 8, group_size: 64}
      jobs:
        - {input: model, output: a}
        - {input: gone, output: b}
        - {input: model, output: c, settings: {bit_width: 4}}
      """;

  @TempDir Path folder;

  @BeforeEach
  void makeModel() {
    new SyntheticCheckpoint(100_000, DType.BF16, 1, 1)
        .write(folder.resolve("model"), Progress.NONE);
  }

  @Test
  void aFailedJobDoesNotStopTheRest() throws IOException {
    Ran ran = batch(THREE_JOBS, "--json");
    assertEquals(1, ran.code(), ran.err());
    JsonNode json = ran.json();
    assertEquals(2, json.get("done").intValue());
    assertEquals(1, json.get("failed").intValue());

    JsonNode first = json.get("jobs").get(0);
    assertEquals("done", first.get("state").textValue());
    assertEquals(0, first.get("exit_code").intValue());
    assertTrue(first.get("message").isNull());
    assertEquals(8, first.get("result").get("bit_width").intValue());
    assertEquals(64, first.get("result").get("group_size").intValue());

    JsonNode second = json.get("jobs").get(1);
    assertEquals("failed", second.get("state").textValue());
    assertEquals(3, second.get("exit_code").intValue());
    assertTrue(second.get("message").textValue().contains("gone"));
    assertTrue(second.get("result").isNull());
    assertTrue(ran.err().contains("job 2 of 3: There is no file or folder"), ran.err());

    JsonNode third = json.get("jobs").get(2).get("result");
    assertEquals(4, third.get("bit_width").intValue());
    assertEquals(64, third.get("group_size").intValue());
    assertEquals(
        Ran.command("inspect", folder.resolve("c"), "--json").json().get("bytes"),
        third.get("stored_bytes"));
  }

  @Test
  void theTableSaysWhatCameOfEachJob() throws IOException {
    Ran ran = batch(THREE_JOBS, "-q");
    assertEquals(1, ran.code(), ran.err());
    assertTrue(ran.out().contains("Job 2: There is no file or folder"), ran.out());
    assertTrue(ran.out().endsWith("2 of 3 jobs done." + System.lineSeparator()), ran.out());
  }

  @Test
  void aJobsOverwriteBeatsTheDefaultAndOptionsBeatBoth() throws IOException {
    String jobs =
        """
        defaults: {overwrite: true, settings: {bit_width: 8}}
        jobs:
          - {input: model, output: a}
          - {input: model, output: b, overwrite: false}
        """;
    assertEquals(0, batch(jobs).code());
    JsonNode again = batch(jobs, "--json", "--bits", "3").json().get("jobs");
    assertEquals(3, again.get(0).get("result").get("bit_width").intValue());
    assertEquals(11, again.get(1).get("exit_code").intValue());
    assertEquals(0, batch(jobs, "--overwrite").code());
  }

  @Test
  void aDryRunWritesNothing() throws IOException {
    JsonNode json = batch("jobs: [{input: model, output: a}]", "--dry-run", "--json").json();
    assertTrue(json.get("jobs").get(0).get("result").get("dry_run").booleanValue());
    assertFalse(Files.exists(folder.resolve("a")));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          jobs: [{input: model, output: a, bits: 4}]                        | "bits"
          jobs: [{input: model, output: a, settings: {bitz: 4}}]            | job 1, there is no setting "bitz"
          jobs: [{input: model, output: a, settings: {bit_width: 7}}]       | job 1, bit_width is "7"
          jobs: [{input: model, output: a}, {input: model, output: ./x/../a}] | that of job 1
          jobs: [{input: model}]                                            | job 1, output
          jobs: [{input: model, output: a, overwrite: maybe}]               | "maybe"
          jobs: [model]                                                     | job 1 is not a map
          jobs: []                                                          | at least one job
          job: []                                                           | "job"
          {defaults: {input: model}, jobs: [{input: model, output: a}]}     | defaults, there is no key "input"
          """)
  void aMistakeInTheFileIsNamedBeforeAnyJobBegins(String jobs, String said) throws IOException {
    Ran ran = batch(jobs);
    assertEquals(ExitCode.CONFIG.number(), ran.code(), ran.err());
    assertTrue(ran.err().contains(said), ran.err());
    assertTrue(ran.err().contains("jobs.yaml"), ran.err());
    assertFalse(Files.exists(folder.resolve("a")));
  }

  @Test
  void modelsComeFromTheFileAlone() throws IOException {
    Ran ran = batch("jobs: [{input: model, output: a}]", "-o", "elsewhere");
    assertEquals(ExitCode.USAGE.number(), ran.code(), ran.err());
  }

  @Test
  void calibrationIsLookedForBesideTheFile() throws IOException {
    String jobs = "jobs: [{input: model, output: a, settings: {calibration: gone.jsonl}}]";
    JsonNode job = batch(jobs, "--json").json().get("jobs").get(0);
    assertEquals("failed", job.get("state").textValue());
    assertTrue(
        job.get("message").textValue().contains(folder.resolve("gone.jsonl").toString()),
        job.toString());
  }

  @Test
  void afterAnInterruptionTheRestIsNotRun() throws IOException {
    Path file = write(THREE_JOBS);
    Thread.currentThread().interrupt();
    Ran ran = Ran.command("quantize", "--batch", file, "--json");
    boolean cleared = Thread.interrupted();
    assertTrue(cleared);
    assertEquals(ExitCode.INTERRUPTED.number(), ran.code(), ran.err());
    assertEquals(3, ran.json().get("not_run").intValue());
  }

  @Test
  void anInterruptionEndsTheJobAndTheBatch() throws Exception {
    new SyntheticCheckpoint(8_000_000, DType.F32, 1, 1)
        .write(folder.resolve("large"), Progress.NONE);
    Path file = write("jobs: [{input: large, output: a}, {input: model, output: b}]");
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    AtomicInteger code = new AtomicInteger();
    String[] command = {"quantize", "--batch", file.toString(), "--json"};
    Thread run =
        new Thread(() -> code.set(Main.run(new PrintWriter(out), new PrintWriter(err), command)));
    run.start();
    while (run.isAlive() && !err.toString().contains("job 1 of 2")) {
      Thread.sleep(1);
    }
    run.interrupt();
    run.join();
    Ran ran = new Ran(code.get(), out.toString(), err.toString());
    assertEquals(ExitCode.INTERRUPTED.number(), ran.code(), ran.err());
    assertEquals(1, ran.json().get("interrupted").intValue());
    assertEquals("not_run", ran.json().get("jobs").get(1).get("state").textValue());
    assertFalse(Files.exists(folder.resolve("a")));
    assertFalse(Files.exists(folder.resolve("b")));
  }

  private Ran batch(String jobs, String... options) throws IOException {
    Object[] command = new Object[options.length + 3];
    command[0] = "quantize";
    command[1] = "--batch";
    command[2] = write(jobs);
    System.arraycopy(options, 0, command, 3, options.length);
    return Ran.command(command);
  }

  private Path write(String jobs) throws IOException {
    return Files.writeString(folder.resolve("jobs.yaml"), jobs);
  }
}
