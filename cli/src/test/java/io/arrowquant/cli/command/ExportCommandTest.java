package io.arrowquant.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.arrowquant.cli.Ran;
import io.arrowquant.cli.demo.SyntheticCheckpoint;
import io.arrowquant.core.Progress;
import io.arrowquant.core.safetensors.DType;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExportCommandTest {

  @TempDir Path folder;
  private Path source;

  @BeforeEach
  void write() {
    source = folder.resolve("source");
    new SyntheticCheckpoint(200_000, DType.BF16, 1, 1).write(source, Progress.NONE);
  }

  @ParameterizedTest
  @CsvSource({"mlx, mlx, affine4:", "vllm, compressed-tensors, symmetric4:", "gguf, gguf, Q4_0"})
  void aModelMadeForARuntimeIsExportedExactly(String target, String format, String type) {
    Path model = folder.resolve("model");
    Path out = folder.resolve("out");
    Ran made = Ran.command("quantize", source, "-o", model, "-q", "--for", target);
    assertEquals(0, made.code(), made.err());
    Ran ran = Ran.command("export", model, "-o", out, "--format", format, "--json");
    assertEquals(0, ran.code(), ran.err());
    int quantized = 0;
    for (JsonNode tensor : ran.json().get("tensors")) {
      assertTrue(tensor.get("exact").asBoolean(), tensor.toString());
      quantized += tensor.get("type").asText().startsWith(type) ? 1 : 0;
    }
    assertTrue(quantized > 1, ran.out());
    for (JsonNode file : ran.json().get("files")) {
      assertTrue(Files.exists(out.resolve(file.asText())), file.asText());
    }
    assertEquals(11, Ran.command("export", model, "-o", out, "--format", format).code());
    Ran again = Ran.command("export", model, "-o", out, "--format", format, "--overwrite");
    assertEquals(0, again.code(), again.err());
    assertTrue(again.out().contains("exactly"), again.out());
  }

  @Test
  void aModelThatDoesNotFitIsRefusedWithTheWayOut() {
    Path model = folder.resolve("model");
    Path out = folder.resolve("out");
    assertEquals(0, Ran.command("quantize", source, "-o", model, "-q").code());
    Ran refused = Ran.command("export", model, "-o", out, "--format", "gguf");
    assertEquals(8, refused.code());
    assertTrue(refused.err().contains("quantize --for gguf"), refused.err());
    assertFalse(Files.exists(out));
    Ran anew = Ran.command("export", model, "-o", out, "--format", "gguf", "--requantize");
    assertEquals(0, anew.code(), anew.err());
    assertTrue(anew.out().contains("quantized anew"), anew.out());
  }

  @Test
  void roundingInFloat32HasAFigure() {
    Path model = folder.resolve("model");
    Ran made =
        Ran.command(
            "quantize", source, "-o", model, "-q", "--method", "rate", "--group-size", "32");
    assertEquals(0, made.code(), made.err());
    Ran ran = Ran.command("export", model, "-o", folder.resolve("out"), "--format", "mlx");
    assertEquals(0, ran.code(), ran.err());
    assertTrue(
        ran.out().matches("(?s).*exact but for rounding in float32, by at most [1-9]\\.\\de-0.*"),
        ran.out());
  }

  @Test
  void wrongUsageIsSaid() {
    Path out = folder.resolve("out");
    assertEquals(2, Ran.command("export", source, "-o", out, "--format", "onnx").code());
    assertEquals(2, Ran.command("export", source, "--format", "mlx").code());
    assertEquals(9, Ran.command("export", source, "-o", out, "--format", "mlx").code());
    assertEquals(
        8, Ran.command("quantize", source, "-o", out, "--for", "gguf", "--bits", "3").code());
    Ran both = Ran.command("quantize", source, "-o", out, "--for", "gguf", "--target-bpw", "4.5");
    assertEquals(8, both.code());
    assertTrue(both.err().contains("not for both"), both.err());
    assertFalse(Files.exists(out));
  }
}
