package io.arrowquant.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.cli.Ran;
import io.arrowquant.cli.demo.SyntheticCheckpoint;
import io.arrowquant.core.Progress;
import io.arrowquant.core.safetensors.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What users are told: true, and with the word that helps. */
class MessagesTest {

  private static final String LAYER = "transformer_blocks.0.attn1.to_q.weight";

  @TempDir Path folder;

  private Path source;
  private Path model;

  @BeforeEach
  void writeModel() {
    source = folder.resolve("source");
    model = folder.resolve("model");
    new SyntheticCheckpoint(300_000, DType.BF16, 1, 1).write(source, Progress.NONE);
  }

  @Test
  void quietCommandsPrintNothingAndWriteAllTheSame() {
    silent("quantize", source, "-o", model, "-q");
    silent("dequantize", model, "-o", folder.resolve("back"), "-q");
    silent("export", model, "-o", folder.resolve("x.arrow"), "--format", "arrow", "-q");
    silent("report", model, "-o", folder.resolve("x.html"), "-q");
    for (String written : List.of("model", "back", "x.arrow", "x.html")) {
      assertTrue(Files.exists(folder.resolve(written)), written);
    }
    Ran plan = Ran.command("quantize", source, "--dry-run", "-q");
    assertFalse(plan.out().isEmpty(), "a plan is what was asked for");
  }

  private static void silent(Object... words) {
    assertEquals(new Ran(0, "", ""), Ran.command(words));
  }

  @Test
  void anOutputThatExistsNamesTheOptionThatReplacesIt() {
    silent("quantize", source, "-o", model, "-q");
    Path back = folder.resolve("back.safetensors");
    silent("dequantize", model, "-o", back, "-q");
    for (Ran again :
        List.of(
            Ran.command("quantize", source, "-o", model),
            Ran.command("dequantize", model, "-o", back))) {
      assertEquals(ExitCode.EXISTS.number(), again.code(), again.err());
      assertTrue(again.err().contains("--overwrite"), again.err());
    }
  }

  @Test
  void aTextFileIsNoSafeTensorsFile() throws IOException {
    Path notes = Files.writeString(folder.resolve("notes"), "Notes on the model\n");
    Ran ran = Ran.command("inspect", notes);
    assertEquals(ExitCode.HEADER.number(), ran.code(), ran.err());
    assertTrue(ran.err().contains("is no SafeTensors file; it looks like text"), ran.err());
    assertFalse(ran.err().contains("header of"), ran.err());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "model.json", "layers.parquet", "weights"})
  void aQuantizedModelIsNoSource(String inside) {
    silent("quantize", source, "-o", model, "-q");
    Ran ran = Ran.command("quantize", model.resolve(inside), "-o", folder.resolve("again"));
    assertTrue(ran.code() > 2, ran.err());
    assertTrue(ran.err().contains("a model that ArrowQuant wrote"), ran.err());
    assertTrue(ran.err().contains("dequantize"), ran.err());
  }

  @Test
  void formatsAreListedAsTheyAreTyped() {
    silent("quantize", source, "-o", model, "-q");
    Ran ran = Ran.command("sql", model, "-c", "SELECT 1", "--format", "toml");
    assertEquals(ExitCode.USAGE.number(), ran.code());
    assertTrue(ran.err().contains("'toml' is not one of box, csv, json"), ran.err());
    Ran capitals = Ran.command("sql", model, "-c", "SELECT 1", "--format", "CSV");
    assertEquals(0, capitals.code(), capitals.err());
    String io = Ran.command("quantize", source, "--dry-run", "--io", "tape").err();
    assertTrue(io.contains("'tape' is not one of mmap, read, auto"), io);
    String method = Ran.command("quantize", source, "--dry-run", "--method", "slow").err();
    assertTrue(
        method.contains("--method is \"slow\", but must be one of fast, best, rate"), method);
    String dtype = Ran.command("dequantize", model, "-o", "x", "--dtype", "f8").err();
    assertTrue(dtype.contains("source, f32, f16, bf16"), dtype);
  }

  @Test
  void aSourceThatHasMoreTensorsIsSaidSo() {
    silent("quantize", source, "-o", model, "--exclude", LAYER, "-q");
    Ran ran = Ran.command("verify", model, "--source", source);
    assertEquals(0, ran.code(), ran.err());
    assertTrue(ran.out().contains("Not in the model: " + LAYER + ", a tensor of"), ran.out());
    assertEquals(
        LAYER,
        Ran.command("verify", model, "--source", source, "--json")
            .json()
            .findValue("left_out")
            .get(0)
            .textValue());
  }

  /** Options stand in help as they can be copied: in one piece. */
  @ParameterizedTest
  @ValueSource(
      strings = {"quantize", "dequantize", "export", "inspect", "sql", "verify", "diff", "report"})
  void helpBreaksNoWords(String command) {
    Ran help = Ran.command(command, "--help");
    assertEquals(0, help.code());
    Set<String> broken = new TreeSet<>();
    Pattern.compile("\\S+[-/]$", Pattern.MULTILINE)
        .matcher(help.out())
        .results()
        .map(result -> result.group())
        .forEach(broken::add);
    assertEquals(Set.of(), broken, help.out());
    help.out().lines().forEach(line -> assertTrue(line.length() <= 80, line));
  }
}
