package io.arrowquant.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.arrowquant.arrow.safetensors.SafeTensorsWriter;
import io.arrowquant.arrow.safetensors.SafeTensorsWriter.Entry;
import io.arrowquant.cli.Ran;
import io.arrowquant.cli.demo.SyntheticCheckpoint;
import io.arrowquant.core.InvalidConfigException;
import io.arrowquant.core.Progress;
import io.arrowquant.core.safetensors.DType;
import io.arrowquant.quantize.ArrowQuantV2;
import io.arrowquant.quantize.kernel.VectorApi;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
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
  @FieldSource("io.arrowquant.core.config.CodeLimits#BIT_WIDTHS")
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
  void theFirstRuleThatFitsDecidesAndTheOutputSaysWhatCameOfEach() throws IOException {
    Path rules =
        Files.writeString(folder.resolve("rules"), "# the rest\n\n  attn=int3 \nto_q=int2\n");
    Object[] command = {
      "quantize",
      model,
      "-o",
      out,
      "--json",
      "--tensor-type",
      "attn1\\.to_q=int8:g64",
      "--tensor-type",
      "ff\\.=keep",
      "--tensor-type-file",
      rules
    };
    JsonNode json = Ran.command(command).json();
    for (JsonNode layer : json.get("layers")) {
      String name = layer.get("name").textValue();
      if (name.endsWith("attn1.to_q.weight")) {
        assertEquals("int8", layer.get("quant_type").textValue());
        assertEquals(64, layer.get("group_size").intValue());
      } else if (name.contains("ff.")) {
        assertEquals("setting tensor_types: ff\\.=keep", layer.get("kept_reason").textValue());
      } else if (name.endsWith("attn1.to_k.weight")) {
        assertEquals("int3", layer.get("quant_type").textValue());
      }
    }
    JsonNode types = json.get("tensor_types");
    assertEquals(4, types.size());
    JsonNode first = types.get(0).get("types").get(0);
    assertEquals("int8:g64:fast", first.get("type").textValue());
    assertTrue(first.get("tensors").intValue() > 0);
    assertEquals(0, types.get(3).get("types").size());

    command[4] = "--overwrite";
    Ran text = Ran.command(command);
    assertTrue(text.out().contains("none left by earlier rules"), text.out());
    command[4] = "--dry-run";
    Ran dry = Ran.command(command);
    assertTrue(dry.out().contains("int8:g64:fast"), dry.out());
    assertTrue(dry.out().contains("Types by rule:"), dry.out());
    assertEquals(
        4, Ran.command("inspect", out, "--json").json().get("config").get("tensor_types").size());
  }

  @Test
  void rulesThatSayNothingAreErrors() throws IOException {
    Ran none = Ran.command("quantize", model, "-o", out, "--tensor-type", "no_such=int4");
    assertEquals(ExitCode.CONFIG.number(), none.code());
    assertTrue(none.err().contains("no_such=int4"), none.err());
    assertEquals(2, Ran.command("quantize", model, "-o", out, "--tensor-type", "a=int7").code());
    Path rules = Files.writeString(folder.resolve("rules"), "attn=int3\nattn\n");
    Ran file = Ran.command("quantize", model, "-o", out, "--tensor-type-file", rules);
    assertEquals(ExitCode.CONFIG.number(), file.code());
    assertTrue(file.err().contains("Line 2"), file.err());
    assertEquals(
        ExitCode.CONFIG.number(),
        Ran.command("quantize", model, "-o", out, "--tensor-type-file", folder.resolve("no"))
            .code());
    assertFalse(Files.exists(out));
  }

  @Test
  void withoutBitsEveryTensorIsKept() {
    Ran ran = Ran.command("quantize", model, "-o", out, "--bits", "none", "--validate", "--json");
    assertEquals(0, ran.code(), ran.err());
    JsonNode json = ran.json();
    assertEquals(0, json.get("quantized_tensors").intValue());
    assertEquals(json.get("parameters"), json.get("kept_parameters"));
    assertTrue(json.get("validation").get("passed").booleanValue());
    assertEquals(0, json.get("warnings").size());
    assertEquals(0, json.get("notes").size());
    Ran mixed =
        Ran.command(
            "quantize",
            model,
            "-o",
            out,
            "--overwrite",
            "--bits",
            "none",
            "--tensor-type",
            "to_q=int4");
    assertTrue(mixed.out().contains("kept bit for bit"), mixed.out());
    assertTrue(mixed.out().contains("int4:g128:fast"), mixed.out());
  }

  @Test
  void partsAreNoLargerThanAskedFor() throws IOException {
    new SyntheticCheckpoint(3_000_000, DType.BF16, 1, 1).write(model.resolve("b"), Progress.NONE);
    Ran ran =
        Ran.command(
            "quantize", model.resolve("b"), "-o", out, "-b", "8", "--max-shard-size", "1MB", "-q");
    assertEquals(0, ran.code(), ran.err());
    assertEquals("", ran.err());
    try (Stream<Path> parts = Files.list(out.resolve("weights"))) {
      assertTrue(parts.count() >= 3);
    }
    assertEquals(2, Ran.command("quantize", model, "-o", out, "--max-shard-size", "5").code());
  }

  @Test
  void whatIsSensitiveIsQuantizedOnRequestAndSqnrIsAGate() {
    Ran ran =
        Ran.command("quantize", model, "-o", out, "--quantize", "*", "--min-sqnr", "30", "--json");
    assertEquals(0, ran.code(), ran.err());
    for (JsonNode layer : ran.json().get("layers")) {
      if (layer.get("quant_type").textValue().equals("none")) {
        assertTrue(layer.get("kept_reason").textValue().contains("fell short"), layer.toString());
      } else {
        assertTrue(layer.get("sqnr_db").isNull() || layer.get("sqnr_db").doubleValue() >= 30);
      }
    }
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
  void suggestedWidthsAreThoseThatTheTargetHolds() {
    Ran ran = Ran.command("quantize", model, "-o", out, "--for", "gguf", "--bits", 4, "--json");
    assertEquals(0, ran.code(), ran.err());
    assertEquals(32, ran.json().get("group_size").intValue());
    JsonNode rules = ran.json().get("suggested_tensor_types");
    assertFalse(rules.isEmpty());
    for (JsonNode rule : rules) {
      assertTrue(rule.textValue().contains("$=int8"), rule.textValue());
    }
  }

  @Test
  void attemptsAreListedAndTheWorstTensorsComeAsRulesToPaste() {
    Ran text = Ran.command("quantize", model, "-o", out, "-b", 2, "--min-accuracy", 0.98);
    assertTrue(text.out().contains("2 bits: 0."), text.out());
    JsonNode json =
        Ran.command(
                "quantize",
                model,
                "-o",
                out,
                "-b",
                2,
                "--min-accuracy",
                0.98,
                "--overwrite",
                "--json")
            .json();
    JsonNode raised = null;
    for (JsonNode layer : json.get("layers")) {
      raised = layer.get("attempts").isEmpty() ? raised : layer;
    }
    assertEquals(2, raised.get("attempts").get(0).get("bit_width").intValue());
    assertTrue(raised.get("attempts").get(0).get("cosine_similarity").doubleValue() < 0.98);

    assertEquals(3, json.get("suggested_tensor_types").size());
    List<Object> again = new ArrayList<>(List.of("quantize", model, "--dry-run", "--json"));
    for (JsonNode rule : json.get("suggested_tensor_types")) {
      assertTrue(text.out().contains("  --tensor-type '" + rule.textValue() + "'"), text.out());
      again.addAll(List.of("--tensor-type", rule.textValue()));
    }
    Ran pasted = Ran.command(again.toArray());
    assertEquals(0, pasted.code(), pasted.err());
    for (JsonNode rule : pasted.json().get("tensor_types")) {
      assertEquals(1, rule.get("types").get(0).get("tensors").intValue());
    }
  }

  @Test
  void howTheRunWasDoneIsSaidOnRequest() {
    Ran ran =
        Ran.command("quantize", model, "-o", out, "-t", 2, "--io", "read", "--json", "--verbose");
    JsonNode json = ran.json();
    assertEquals(2, json.get("threads").intValue());
    assertEquals("read", json.get("io").textValue());
    boolean vector = VectorApi.USABLE;
    assertEquals(vector ? "vector-api" : "scalar", json.get("kernel").textValue());
    assertTrue(
        ran.err().contains(vector ? "The kernel is the Vector API" : "is scalar"), ran.err());
    assertFalse(json.get("modality_rule").textValue().isEmpty());
    assertTrue(json.has("modality_evidence"));
    assertTrue(ran.err().contains("Source files were read; 2 workers"), ran.err());
    assertTrue(ran.err().contains(json.get("modality_rule").textValue()), ran.err());
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
    assertEquals(
        ExitCode.CONFIG.number(), Ran.command("quantize", gptq, "-o", out, "--dry-run").code());
    assertThrows(
        InvalidConfigException.class,
        () -> new ArrowQuantV2().quantizeFromSafeTensors(gptq, out, 4));
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
