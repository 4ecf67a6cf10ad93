package io.arrowquant.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.arrowquant.arrow.safetensors.SafeTensorsWriter;
import io.arrowquant.arrow.safetensors.SafeTensorsWriter.Entry;
import io.arrowquant.cli.ExitCode;
import io.arrowquant.cli.Ran;
import io.arrowquant.cli.demo.SyntheticCheckpoint;
import io.arrowquant.core.Progress;
import io.arrowquant.core.safetensors.DType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class QuantizeCommandTest {

  @TempDir Path folder;

  private Path model;
  private Path out;

  @BeforeEach
  void makeModel() {
    model = folder.resolve("model");
    out = folder.resolve("out");
    new SyntheticCheckpoint(200_000, DType.BF16, 2, 1).write(model, Progress.NONE);
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4, 5, 6, 8})
  void quantizesAndInspectsAtEveryWidth(int bits) {
    Ran ran = Ran.command("quantize", model, "-o", out, "--bits", bits, "--validate", "--json");
    assertEquals(0, ran.code(), ran.err());
    JsonNode json = ran.json();
    assertEquals(bits, json.get("bit_width").intValue());
    assertTrue(json.get("validation").get("passed").booleanValue());
    assertTrue(json.get("compression_ratio").doubleValue() > 1);
    assertEquals("image", json.get("modality").textValue());

    JsonNode inspected = Ran.command("inspect", out, "--json").json();
    assertEquals(json.get("tensors"), inspected.get("tensors"));
    assertEquals(json.get("parameters"), inspected.get("parameters"));
    assertEquals(json.get("stored_bytes"), inspected.get("bytes"));
    assertEquals("image", inspected.get("modality").textValue());
    assertTrue(inspected.get("quant_types").has("int" + bits));
    assertTrue(inspected.get("dtypes").has("BF16"));
  }

  @Test
  void theFirstVersionsOptionNamesWork() {
    Ran ran =
        Ran.command(
            "quantize", "--input", model, "--output", out, "--bit-width", "8", "--json", "-q");
    assertEquals(0, ran.code(), ran.err());
    assertEquals(8, ran.json().get("bit_width").intValue());
    assertEquals("", ran.err());
  }

  @Test
  void theTextEndsWithWhatWasKeptAndWhy() {
    Ran ran = Ran.command("quantize", model, "-o", out, "--profile", "local", "--validate");
    assertEquals(0, ran.code(), ran.err());
    assertTrue(ran.out().contains("int4:g128"), ran.out());
    assertTrue(ran.out().contains("Kept as they are:"), ran.out());
    assertTrue(ran.out().contains("worst layers"), ran.out());
    assertTrue(ran.err().contains("calibration"), ran.err());
    assertTrue(Ran.command("inspect", out).out().contains("int4:g128"));
  }

  @Test
  void keepsWhatTheUserNames() {
    String glob = "transformer_blocks.0.*";
    Ran ran = Ran.command("quantize", model, "-o", out, "--keep", glob, "--json");
    assertEquals(0, ran.code(), ran.err());
    for (JsonNode layer : ran.json().get("layers")) {
      if (layer.get("name").textValue().startsWith("transformer_blocks.0.")) {
        assertEquals("none", layer.get("quant_type").textValue());
      }
    }
    assertTrue(ran.err().contains("are kept as they are"), ran.err());
  }

  @Test
  void aDryRunWritesNothing() {
    Ran ran = Ran.command("quantize", model, "-o", out, "--bits", "3", "--dry-run", "--json");
    assertEquals(0, ran.code(), ran.err());
    assertFalse(Files.exists(out));
    JsonNode json = ran.json();
    assertTrue(json.get("dry_run").booleanValue());
    assertTrue(json.get("estimated_bytes").longValue() < json.get("source_bytes").longValue());
    assertTrue(Ran.command("quantize", model, "--dry-run").out().startsWith("Would write about"));
  }

  @Test
  void doesNotOverwriteUnlessTold() {
    assertEquals(0, Ran.command("quantize", model, "-o", out).code());
    assertEquals(ExitCode.EXISTS.number(), Ran.command("quantize", model, "-o", out).code());
    assertEquals(0, Ran.command("quantize", model, "-o", out, "--overwrite").code());
    assertEquals(
        ExitCode.EXISTS.number(), Ran.command("quantize", model, "-o", model.resolve("x")).code());
  }

  @Test
  void wrongOptionsAreWrongUsage() {
    assertEquals(2, Ran.command("quantize", model).code());
    assertEquals(2, Ran.command("quantize", "-o", out).code());
    assertEquals(2, Ran.command("quantize", model, "--input", model, "-o", out).code());
    assertEquals(2, Ran.command("quantize", model, "-o", out, "--bits", "7").code());
    assertEquals(2, Ran.command("quantize", model, "-o", out, "--bits", "four").code());
    assertEquals(2, Ran.command("quantize", model, "-o", out, "--group-size", "8").code());
    assertEquals(2, Ran.command("quantize", model, "-o", out, "--profile", "cluster").code());
    assertFalse(Files.exists(out));
  }

  @Test
  void aPatternThatMatchesNothingIsAnError() {
    Ran ran = Ran.command("quantize", model, "-o", out, "--keep", "no.such.*");
    assertEquals(ExitCode.CONFIG.number(), ran.code());
    assertTrue(ran.err().contains("no.such.*"), ran.err());
  }

  @Test
  void tensorsBelowTheThresholdGetMoreBitsAndItIsSaid() {
    Object[] command = {"quantize", model, "-o", out, "--bits", 2, "--min-accuracy", 0.99};
    Ran ran = Ran.command(command);
    assertEquals(0, ran.code(), ran.err());
    assertTrue(ran.out().contains("have more bits"), ran.out());
  }

  @Test
  void withoutFallbackATensorBelowTheThresholdFailsTheRun() {
    Object[] command = {
      "quantize", model, "-o", out, "--bits", 2, "--min-accuracy", 0.99, "--no-fallback"
    };
    assertEquals(ExitCode.FAILED.number(), Ran.command(command).code());
    assertFalse(Files.exists(out));
  }

  @Test
  void settingsComeFromAFileToo() throws IOException {
    Path settings = Files.writeString(folder.resolve("settings.yaml"), "bit_width: 3\n");
    Ran ran = Ran.command("quantize", model, "-o", out, "--config", settings, "--json");
    assertEquals(3, ran.json().get("bit_width").intValue());
    Files.writeString(settings, "no_such_setting: 3\n");
    assertEquals(
        ExitCode.CONFIG.number(),
        Ran.command("quantize", model, "-o", folder.resolve("o"), "--config", settings).code());
  }

  @Test
  void refusesWhatIsQuantizedAlready() {
    Path gptq = folder.resolve("gptq.safetensors");
    List<Entry> entries =
        List.of(
            new Entry("a.qweight", DType.I32, List.of(8L, 8L)),
            new Entry("a.qzeros", DType.I32, List.of(1L, 8L)),
            new Entry("a.scales", DType.F16, List.of(1L, 8L)));
    try (SafeTensorsWriter writer = SafeTensorsWriter.create(gptq, Map.of(), entries)) {
      while (writer.current().isPresent()) {
        writer.write(ByteBuffer.allocate((int) writer.current().get().byteSize()));
      }
    }
    Ran ran = Ran.command("quantize", gptq, "-o", out);
    assertEquals(ExitCode.CONFIG.number(), ran.code());
    assertTrue(ran.err().contains("GPTQ"), ran.err());
    assertEquals(0, Ran.command("quantize", gptq, "-o", out, "--allow-requantize").code());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "silero_vad_16k.safetensors",
        "taef2_decoder.safetensors",
        "derived_taef2_decoder_bf16.safetensors",
        "sharded_taef2_decoder",
        "dalotia_model-mnist.safetensors"
      })
  void quantizesRealModels(String name) {
    Path real = Path.of(System.getProperty("arrowquant.shared"), name);
    assumeTrue(Files.exists(real), "real models are not here");
    Ran ran = Ran.command("quantize", real, "-o", out, "--bits", "8", "--validate", "--json");
    assertEquals(0, ran.code(), ran.err());
    assertTrue(ran.json().get("cosine_similarity").doubleValue() > 0.9999);
  }
}
