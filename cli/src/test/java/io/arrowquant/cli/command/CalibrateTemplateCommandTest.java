package io.arrowquant.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.arrowquant.cli.Ran;
import io.arrowquant.cli.demo.SyntheticCheckpoint;
import io.arrowquant.core.Progress;
import io.arrowquant.core.checkpoint.Checkpoint;
import io.arrowquant.core.safetensors.DType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CalibrateTemplateCommandTest {

  @TempDir Path folder;
  private Path model;

  @BeforeEach
  void model() {
    model = folder.resolve("model");
    new SyntheticCheckpoint(200_000, DType.BF16, 1, 1).write(model, Progress.NONE);
  }

  @Test
  void writesTheNamesAndShapesOfWhatIsQuantized() {
    Path file = folder.resolve("calibration.safetensors");
    Ran ran = Ran.command("calibrate-template", model, "-o", file, "--steps", "4", "--json");
    assertEquals(0, ran.code(), ran.err());
    assertTrue(ran.json().get("layers").intValue() > 0);
    Checkpoint template = Checkpoint.open(file);
    assertEquals(ran.json().get("layers").intValue() * 5, template.tensors().size());
    template.tensors().stream()
        .filter(tensor -> tensor.name().endsWith(".mean_sq"))
        .forEach(tensor -> assertEquals(4, tensor.shape().get(0)));
    assertEquals(
        11, Ran.command("calibrate-template", model, "-o", file).code(), "never overwritten");
    assertEquals(2, Ran.command("calibrate-template", model, "--steps", "0").code());
  }

  @Test
  void aFileThatCountsNothingIsRefusedByItsName() {
    Path file = model.resolve("calibration.safetensors");
    assertEquals(0, Ran.command("calibrate-template", model, "-o", file).code());
    Ran ran = Ran.command("quantize", model, "-o", folder.resolve("out"));
    assertEquals(15, ran.code(), ran.err());
    assertTrue(ran.err().contains("counts no activations"), ran.err());
    assertTrue(Files.notExists(folder.resolve("out")));
  }

  @Test
  void samplesBesideTheModelAreUsedAndThatIsSaid() throws java.io.IOException {
    Checkpoint checkpoint = Checkpoint.open(model);
    String layer =
        checkpoint.tensors().stream()
            .filter(t -> t.name().endsWith("attn.to_q.weight") || t.name().contains("attn"))
            .filter(t -> t.shape().size() == 2)
            .findFirst()
            .orElseThrow()
            .name();
    long in = checkpoint.tensor(layer).orElseThrow().shape().get(1);
    String data = String.join(", ", java.util.Collections.nCopies((int) in, "0.5"));
    Files.writeString(
        model.resolve("calibration.jsonl"),
        "{\"layer\": \"" + layer + "\", \"timestep\": 3, \"data\": [" + data + "]}\n");
    for (List<Object> command :
        List.<List<Object>>of(
            List.of("quantize", model, "--dry-run", "--json"),
            List.of("quantize", model, "-o", folder.resolve("out"), "--json"))) {
      Ran ran = Ran.command(command.toArray());
      assertEquals(0, ran.code(), ran.err());
      JsonNode strategy = ran.json().get("strategy");
      assertTrue(strategy.get("time_aware").booleanValue());
      assertTrue(strategy.get("spatial").booleanValue(), "an image model");
      assertTrue(ran.err().contains("found beside the model"), ran.err());
      assertTrue(ran.err().contains("no calibration data"), ran.err());
    }
    Ran none = Ran.command("quantize", model, "--dry-run", "--calibration", "none");
    assertTrue(none.out().contains("strategy none"), none.out());
    assertTrue(none.err().contains("Neither time-aware nor spatial"), none.err());
  }

  @Test
  void theSummaryNamesTheTypeThatCalibrationChose() throws java.io.IOException {
    Path samples = folder.resolve("samples.jsonl");
    StringBuilder lines = new StringBuilder();
    Path template = folder.resolve("names.safetensors");
    assertEquals(0, Ran.command("calibrate-template", model, "-o", template).code());
    Checkpoint.open(template).tensors().stream()
        .filter(tensor -> tensor.name().endsWith(".mean_sq"))
        .forEach(
            tensor ->
                lines.append(
                    "{\"layer\": \"%s\", \"timestep\": 0, \"data\": [%s]}\n"
                        .formatted(
                            tensor.name().replace(".mean_sq", ""),
                            String.join(
                                ", ",
                                java.util.Collections.nCopies(
                                    tensor.shape().get(1).intValue(), "0.5")))));
    Files.writeString(samples, lines);
    Path out = folder.resolve("out");
    Ran ran = Ran.command("quantize", model, "-o", out, "--calibration", samples);
    assertEquals(0, ran.code(), ran.err());
    assertTrue(ran.out().contains("  int4:g16:best, "), ran.out());
    Ran json =
        Ran.command(
            "quantize", model, "-o", out, "--overwrite", "--json", "--calibration", samples);
    assertEquals("best", json.json().get("method").textValue());
    assertEquals(16, json.json().get("group_size").intValue());
  }
}
