package io.arrowquant.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.arrowquant.cli.Ran;
import io.arrowquant.cli.text.Json;
import io.arrowquant.core.config.SaidOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigShowCommandTest {

  @TempDir Path folder;

  @Test
  void everyValueAndWhereItCameFrom() throws IOException {
    Path file = Files.writeString(folder.resolve("s.yaml"), "group_size: 64\nbit_width: 3\n");
    JsonNode json =
        Ran.command("config", "show", "--config", file, "--profile", "edge", "-b", 5, "--json")
            .json();
    expect(json, "bit_width", "5", "explicit");
    expect(json, "group_size", "64", "file");
    expect(json, "num_time_groups", "5", "profile");
    expect(json, "min_accuracy", "0.65", "profile");
    expect(json, "profile", "edge", "explicit");
    expect(json, "max_memory_limit_mb", "512", "built-in");
    expect(json, "modality", "null", "built-in");

    Ran text = Ran.command("config", "show", "--profile", "cloud");
    assertEquals(0, text.code(), text.err());
    assertTrue(text.out().contains("min_accuracy"), text.out());
    assertTrue(text.out().contains("profile"), text.out());
  }

  /** The same words, given to the job on Spark, mean the same: see its own test. */
  @Test
  void everyOptionMeansWhatItMeansElsewhere() throws IOException {
    List<Object> words = new ArrayList<>(List.of("config", "show", "--json"));
    words.addAll(SaidOptions.words(folder));
    ObjectNode said = new ObjectMapper().createObjectNode();
    Ran.command(words.toArray())
        .json()
        .properties()
        .forEach(setting -> said.set(setting.getKey(), setting.getValue().get("value")));
    assertEquals(
        new ObjectMapper().readTree(Json.line(SaidOptions.meaning().effectiveValues())), said);
  }

  @Test
  void methodAndGroupSizeAreThoseThatARunTakes() {
    JsonNode edge = Ran.command("config", "show", "--profile", "edge", "--json").json();
    expect(edge, "method", "best", "built-in");
    expect(edge, "group_size", "16", "built-in");
    JsonNode said =
        Ran.command("config", "show", "--profile", "edge", "--group-size", 64, "--json").json();
    expect(said, "method", "best", "built-in");
    expect(said, "group_size", "64", "explicit");
    expect(Ran.command("config", "show", "--json").json(), "group_size", "128", "built-in");
  }

  private static void expect(JsonNode json, String key, String value, String origin) {
    assertEquals(value, json.get(key).get("value").asText(), key);
    assertEquals(origin, json.get(key).get("origin").textValue(), key);
  }

  @Test
  void theYamlLoadsAgain() throws IOException {
    Object[] said = {
      "config",
      "show",
      "--profile",
      "cloud",
      "-b",
      "none",
      "--keep",
      "a: #*",
      "--keep",
      "é\"\\",
      "--tensor-type",
      "x{1,2}\\.#=int4:g64:best",
      "--min-sqnr",
      "12.5",
      "--sensitivity",
      "*.attn.*=2",
      "--sensitivity",
      "*=0.5",
      "--modality",
      "audio",
      "--yaml"
    };
    Ran yaml = Ran.command(said);
    assertEquals(0, yaml.code(), yaml.err());
    Path file = Files.writeString(folder.resolve("again.yaml"), yaml.out());
    said[said.length - 1] = "--json";
    JsonNode first = Ran.command(said).json();
    JsonNode again = Ran.command("config", "show", "--config", file, "--json").json();
    first
        .fieldNames()
        .forEachRemaining(
            key -> assertEquals(first.get(key).get("value"), again.get(key).get("value"), key));
    assertEquals("file", again.get("tensor_types").get("origin").textValue());
    assertEquals(
        "{\"*.attn.*\":2.0,\"*\":0.5}", again.get("sensitivities").get("value").toString());
    assertEquals("profile", again.get("group_size").get("origin").textValue());

    Ran twice = Ran.command("config", "show", "--config", file, "--yaml");
    assertEquals(
        yaml.out().replaceAll("  # [a-z-]+\n", "\n"),
        twice.out().replaceAll("  # [a-z-]+\n", "\n"));
  }

  @Test
  void widthsByNameLoadAgain() throws IOException {
    Path file = Files.writeString(folder.resolve("a.yaml"), "layer_bit_widths: {'a b': 8, c*: 16}");
    Path yaml =
        Files.writeString(
            folder.resolve("b.yaml"),
            Ran.command("config", "show", "--config", file, "--yaml").out());
    JsonNode widths =
        Ran.command("config", "show", "--config", yaml, "--json").json().get("layer_bit_widths");
    assertEquals("{\"a b\":8,\"c*\":16}", widths.get("value").toString());
  }

  @Test
  void noticesAndErrors() throws IOException {
    Path file = Files.writeString(folder.resolve("s.yaml"), "enable_streaming: true\n");
    assertTrue(Ran.command("config", "show", "--config", file).err().contains("retired"));
    assertEquals("", Ran.command("config", "show", "--config", file, "-q").err());
    Files.writeString(file, "bits: 3\n");
    assertEquals(ExitCode.CONFIG.number(), Ran.command("config", "show", "--config", file).code());
    assertEquals(2, Ran.command("config", "show", "--yaml", "--json").code());
    assertEquals(2, Ran.command("config").code());
  }
}
