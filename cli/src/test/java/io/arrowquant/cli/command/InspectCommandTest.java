package io.arrowquant.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.arrowquant.cli.Ran;
import io.arrowquant.cli.demo.SyntheticCheckpoint;
import io.arrowquant.core.Progress;
import io.arrowquant.core.safetensors.DType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InspectCommandTest {

  @TempDir Path folder;

  @Test
  void countsAShardedCheckpoint() {
    SyntheticCheckpoint checkpoint = new SyntheticCheckpoint(200_000, DType.F16, 3, 1);
    checkpoint.write(folder, Progress.NONE);

    Ran ran = Ran.command("inspect", "--json", folder);
    assertEquals(0, ran.code(), ran.err());
    JsonNode json = ran.json();
    assertEquals(checkpoint.parameterCount(), json.get("parameters").longValue());
    assertEquals(checkpoint.byteSize(), json.get("bytes").longValue());
    assertEquals(json.get("tensors").intValue(), json.get("dtypes").get("F16").intValue());
    assertEquals(json.get("tensors").intValue(), json.get("tensor_list").size());
    assertTrue(json.get("files").intValue() >= 3);
    assertTrue(json.hasNonNull("modality"));
  }

  @Test
  void theTextNamesTheLargestTensors() {
    new SyntheticCheckpoint(200_000, DType.BF16, 1, 1).write(folder, Progress.NONE);
    Ran ran = Ran.command("inspect", folder);
    assertEquals(0, ran.code(), ran.err());
    assertTrue(ran.out().contains("BF16"), ran.out());
    assertTrue(ran.out().contains("transformer_blocks.0.ff.net.0.proj.weight"), ran.out());
  }

  @Test
  void endsWithWhatTheModelWouldBecome() {
    new SyntheticCheckpoint(300_000, DType.BF16, 1, 1).write(folder, Progress.NONE);
    JsonNode presets =
        Ran.command("inspect", folder, "--json", "--sample", 8).json().get("presets");
    assertEquals(14, presets.size()); // six widths, eight of what runtimes hold
    double before = 0;
    for (int width = 0; width < 6; width++) {
      double sqnr = presets.get(width).get("expected_sqnr_db").doubleValue();
      assertTrue(sqnr > before + 1, presets.toString());
      before = sqnr;
    }
    for (int target = 6; target < 14; target++) {
      String type = presets.get(target).get("preset").textValue();
      double sqnr = presets.get(target).get("expected_sqnr_db").doubleValue();
      assertTrue(sqnr > (type.startsWith("int8") ? 35 : 17), presets.toString());
    }
    assertEquals("int2:g16:best", presets.get(0).get("preset").textValue());
    JsonNode dry = Ran.command("quantize", folder, "-b", 2, "--dry-run", "--json").json();
    assertEquals(dry.get("estimated_bytes"), presets.get(0).get("estimated_bytes"));

    Ran text = Ran.command("inspect", folder);
    assertTrue(text.out().contains("int8:g128:fast"), text.out());
    assertFalse(text.out().contains("expected SQNR"), text.out());
    assertEquals(2, Ran.command("inspect", folder, "--sample", -1).code());
  }

  @Test
  void whatIsExpectedOfASampleIsWhatARunMeasures() {
    Path model = folder.resolve("m");
    new SyntheticCheckpoint(300_000, DType.BF16, 1, 1).write(model, Progress.NONE);
    JsonNode expected =
        Ran.command("inspect", model, "--json", "--sample", 16).json().get("presets").get(2);
    JsonNode ran =
        Ran.command("quantize", model, "-o", folder.resolve("o"), "-b", 4, "--json").json();
    assertEquals(
        ran.get("sqnr_db").doubleValue(), expected.get("expected_sqnr_db").doubleValue(), 1.0);
  }

  @Test
  void globsChooseAndSortOrders() {
    Path model = folder.resolve("m");
    Path out = folder.resolve("o");
    new SyntheticCheckpoint(300_000, DType.BF16, 1, 1).write(model, Progress.NONE);
    assertEquals(0, Ran.command("quantize", model, "-o", out, "-q").code());
    for (Path inspected : List.of(model, out)) {
      Ran ran = Ran.command("inspect", inspected, "*.attn1.*", "*bias", "--sort", "size", "--json");
      assertEquals(0, ran.code(), ran.err());
      JsonNode list = ran.json().get("tensor_list");
      assertTrue(list.size() > 2);
      long before = Long.MAX_VALUE;
      for (JsonNode tensor : list) {
        String name = tensor.get("name").textValue();
        assertTrue(name.contains(".attn1.") || name.endsWith("bias"), name);
        assertTrue(tensor.get("bytes").longValue() <= before, name);
        before = tensor.get("bytes").longValue();
      }
      Ran text = Ran.command("inspect", inspected, "*bias");
      assertTrue(text.out().contains("bias"), text.out());
      assertFalse(text.out().contains("to_q.weight"), text.out());
      assertEquals(ExitCode.CONFIG.number(), Ran.command("inspect", inspected, "no.such.*").code());
    }
  }

  @Test
  void readsARealModel() {
    Path model = Path.of(System.getProperty("arrowquant.shared"), "silero_vad_16k.safetensors");
    assumeTrue(Files.exists(model), "real models are not here");
    JsonNode json = Ran.command("inspect", "--json", model).json();
    assertEquals(15, json.get("tensors").intValue());
    assertEquals(309_633, json.get("parameters").longValue());
  }
}
