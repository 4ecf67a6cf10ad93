package io.arrowquant.core.safetensors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.core.CheckpointNotFoundException;
import io.arrowquant.core.InvalidIndexException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class IndexParserTest {

  private static final Path LABEL = Path.of("model.safetensors.index.json");

  private static SafeTensorsIndex parse(String json) {
    return IndexParser.parse(LABEL, json.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void theMapKeepsItsOrder() {
    SafeTensorsIndex index =
        parse("{\"x\":[1],\"weight_map\":{\"b\":\"2.safetensors\",\"a\":\"sub/./1.safetensors\"}}");
    assertEquals(List.of("b", "a"), List.copyOf(index.weightMap().keySet()));
    assertEquals(Path.of("sub", "1.safetensors"), index.weightMap().get("a"));
    assertTrue(index.totalSize().isEmpty());
  }

  @ParameterizedTest
  @CsvSource({
    "12,12",
    "12.0,12",
    "1.2e1,12",
    "-1,-1",
    "99999999999999999999,1e20",
    "1e999,Infinity",
    "\"12\",NaN",
    "null,NaN",
    "[1],NaN",
  })
  void totalSizeMayBeAnything(String written, double claimed) {
    SafeTensorsIndex index =
        parse("{\"metadata\":{\"total_size\":" + written + "},\"weight_map\":{\"a\":\"x\"}}");
    assertEquals(claimed, index.totalSize().orElseThrow());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "{}",
        "{\"weight_map\":{}}",
        "{\"weight_map\":[]}",
        "{\"weight_map\":null}",
        "{\"weight_map\":{\"a\":1}}",
        "{\"weight_map\":{\"a\":null}}",
        "{\"weight_map\":{\"a\":[\"x\"]}}",
        "{\"weight_map\":{\"a\":\"x\",\"a\":\"x\"}}",
        "{\"weight_map\":{\"a\":\"x\",\"\\u0061\":\"y\"}}",
        "{\"weight_map\":{\"a\":\"x\"},\"weight_map\":{\"a\":\"x\"}}",
        "{\"weight_map\":{\"a\":\"x\"},\"metadata\":[]}",
        "{\"weight_map\":{\"a\":\"x\"},\"metadata\":{\"total_size\":1,\"total_size\":1}}",
        "{\"weight_map\":{\"a\":\"x\"}} x",
        "{\"weight_map\":{\"\\ud800\":\"x\"}}",
        "{\"weight_map\":{\"a\":\"x\"},\"y\":NaN}",
        "\ufeff{\"weight_map\":{\"a\":\"x\"}}",
      })
  void malformed(String json) {
    String message = assertThrows(InvalidIndexException.class, () -> parse(json)).getMessage();
    assertTrue(message.contains("\"model.safetensors.index.json\""), message);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/etc/passwd",
        "//x",
        "..",
        "../x",
        "../../etc/x.safetensors",
        "a/../../x",
        "a/../x",
        "a/..",
        "./../x",
        "",
        " ",
        ".",
        "./",
        "..\\\\x",
        "a\\\\b",
        "C:/x",
        "C:x",
        "file:///x",
        "a\\u0000b",
      })
  void namesThatLeaveTheFolder(String shard) {
    String message =
        assertThrows(
                InvalidIndexException.class,
                () -> parse("{\"weight_map\":{\"w\":\"" + shard + "\"}}"))
            .getMessage();
    assertTrue(message.contains("\"w\""), message);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "x", "a/b", "...", "..x", "x..", "a/..b", "\u00e9", "a b", "-", "~", "$HOME", "%2e%2e"
      })
  void namesThatStayInTheFolder(String shard) {
    assertEquals(
        Path.of(shard), parse("{\"weight_map\":{\"w\":\"" + shard + "\"}}").weightMap().get("w"));
  }

  @Test
  void aHundredThousandTensors() {
    SafeTensorsIndex index =
        parse(
            IntStream.range(0, 100_000)
                .mapToObj(i -> "\"layers." + i + "\":\"" + i % 50 + "\"")
                .collect(Collectors.joining(",", "{\"weight_map\":{", "}}")));
    assertEquals(100_000, index.weightMap().size());
  }

  @Test
  void noFileAndNoRegularFile(@TempDir Path folder) {
    assertThrows(
        CheckpointNotFoundException.class, () -> IndexParser.read(folder.resolve("absent")));
    assertThrows(InvalidIndexException.class, () -> IndexParser.read(folder));
  }

  @Property(tries = 300)
  void aDamagedIndexIsReadOrRefused(
      @ForAll @IntRange(min = 0, max = 77) int place, @ForAll byte value) {
    byte[] json =
        "{\"metadata\":{\"total_size\":8},\"weight_map\":{\"a\":\"1.safetensors\",\"b\":\"2.s\"}}  "
            .getBytes(StandardCharsets.UTF_8);
    json[place % json.length] = value;
    try {
      assertTrue(IndexParser.parse(LABEL, json).weightMap().size() > 0);
    } catch (InvalidIndexException e) {
      assertTrue(e.getMessage().contains("index"));
    }
  }
}
