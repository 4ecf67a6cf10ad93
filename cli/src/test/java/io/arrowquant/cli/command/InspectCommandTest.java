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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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
  void aQuantizedModelIsShownAsItLies() {
    Path model = folder.resolve("m");
    Path out = folder.resolve("o");
    new SyntheticCheckpoint(300_000, DType.BF16, 2, 1).write(model, Progress.NONE);
    JsonNode ran =
        Ran.command("quantize", model, "-o", out, "-b", 4, "--keep", "*.attn1.*", "--json").json();
    JsonNode source = Ran.command("inspect", model, "--json").json();
    JsonNode json = Ran.command("inspect", out, "--json").json();
    for (String same : List.of("tensors", "parameters", "dtypes", "modality", "modality_rule")) {
      assertEquals(source.get(same), json.get(same), same);
    }
    assertEquals(source.get("bytes_by_dtype"), json.get("source_bytes_by_dtype"));
    assertEquals(source.get("bytes"), json.get("source_bytes"));
    assertEquals(ran.get("stored_bytes"), json.get("bytes"));
    assertEquals(
        ran.get("quantized_tensors").intValue(), json.get("quant_types").get("int4").intValue());
    long stored = 0;
    for (JsonNode bytes : json.get("bytes_by_quant_type")) {
      stored += bytes.longValue();
    }
    assertTrue(stored <= json.get("bytes").longValue());

    JsonNode sizes = json.get("dequantized_bytes");
    assertEquals(source.get("bytes"), sizes.get("source"));
    assertEquals(source.get("bytes"), sizes.get("bf16"));
    long quantized = json.get("parameters").longValue() - json.get("kept_parameters").longValue();
    assertEquals(source.get("bytes").longValue() + 2 * quantized, sizes.get("f32").longValue());
    for (String dtype : List.of("source", "f32")) {
      Path back = folder.resolve(dtype);
      assertEquals(0, Ran.command("dequantize", out, "-o", back, "--dtype", dtype, "-q").code());
      assertEquals(
          sizes.get(dtype), Ran.command("inspect", back, "--json").json().get("bytes"), dtype);
    }

    String text = Ran.command("inspect", out).out();
    assertTrue(text.matches("(?s).*BF16 +int4 +" + ran.get("quantized_tensors") + " .*"), text);
    assertTrue(text.matches("(?s).*BF16 +kept +\\d.*"), text);
    assertTrue(text.contains("dequantized"), text);
  }

  /** DuckDB counts in its own way. */
  @Test
  void entropiesAreThoseThatSqlCounts() {
    Path model = folder.resolve("m");
    Path out = folder.resolve("o");
    new SyntheticCheckpoint(300_000, DType.BF16, 1, 1).write(model, Progress.NONE);
    Ran.command("quantize", model, "-o", out, "-b", 3, "--keep", "*.attn1.*", "-q");
    // Halves go to the even code.
    String even =
        "select layer_name, entropy(floor(x) + (x - floor(x) > 0.5 or x - floor(x) = 0.5"
            + " and (floor(x)::int & 1) = 1)::int) as bits from"
            + " (select layer_name, (v - low) * (255 / nullif(high - low, 0)) as x from"
            + " (select layer_name, v, min(v) over name as low, max(v) over name as high from"
            + " (select layer_name, unnest(weights)::double as v from %s)"
            + " window name as (partition by layer_name))) group by 1";
    String stored =
        "select layer_name, entropy(c) as bits from"
            + " (select layer_name, unnest(codes) as c from weights) group by 1";
    Map<String, Double> sourceBits = bits(model, String.format(even, "weights"));
    Map<String, Double> storedBits = bits(out, stored);
    Map<String, Double> keptBits = bits(out, String.format(even, "dequantized"));

    for (JsonNode tensor :
        Ran.command("inspect", model, "--stats", "--json").json().get("tensor_list")) {
      String name = tensor.get("name").textValue();
      assertEquals(sourceBits.get(name), tensor.get("entropy_bits").doubleValue(), 1e-9, name);
    }
    int kept = 0;
    for (JsonNode tensor :
        Ran.command("inspect", out, "--stats", "--json").json().get("tensor_list")) {
      String name = tensor.get("name").textValue();
      boolean isKept = tensor.get("quant_type").textValue().equals("none");
      kept += isKept ? 1 : 0;
      assertEquals(
          (isKept ? keptBits : storedBits).get(name),
          tensor.get("entropy_bits").doubleValue(),
          1e-9,
          name);
    }
    assertTrue(kept > 2, "kept: " + kept);

    for (Path inspected : List.of(model, out)) {
      Ran text = Ran.command("inspect", inspected, "--stats", "*.attn1.*", "*.ff.*");
      assertTrue(text.out().contains("entropy"), text.out());
      assertTrue(text.out().matches("(?s).*attn1[^\\n]+ \\d\\.\\d{3}\\n.*"), text.out());
      assertFalse(Ran.command("inspect", inspected).out().contains("entropy"));
      JsonNode plain = Ran.command("inspect", inspected, "--json").json();
      assertFalse(plain.get("tensor_list").get(0).has("entropy_bits"));
    }
  }

  private static Map<String, Double> bits(Path model, String sql) {
    Map<String, Double> bits = new HashMap<>();
    for (JsonNode row : Ran.command("sql", model, sql, "--format", "json").json()) {
      bits.put(row.get("layer_name").textValue(), row.get("bits").doubleValue());
    }
    return bits;
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
