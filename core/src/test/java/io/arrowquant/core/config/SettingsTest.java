package io.arrowquant.core.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import io.arrowquant.core.InvalidConfigException;
import io.arrowquant.core.modality.Modality;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Chars;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsTest {

  @TempDir Path folder;

  @Test
  void theStrongestPlaceWins() throws IOException {
    Path file =
        write("s.yaml", "profile: edge\nbit_width: 3\ngroup_size: 32\nmethod: best\nthreads: 2\n");
    DiffusionQuantConfig config =
        DiffusionQuantConfig.builder()
            .environment(
                Map.of("ARROW_QUANT_GROUP_SIZE", "64", "ARROW_QUANT_BIT_WIDTH", "5", "PATH", "/"))
            .bitWidth(8)
            .file(file)
            .build();

    assertEquals(8, config.bitWidth());
    assertEquals(Origin.EXPLICIT, config.origin("bit_width"));
    assertEquals(64, config.groupSize());
    assertEquals(Origin.ENVIRONMENT, config.origin("group_size"));
    assertEquals(Method.BEST, config.method());
    assertEquals(Origin.FILE, config.origin("method"));
    assertEquals(5, config.numTimeGroups());
    assertEquals(Origin.PROFILE, config.origin("num_time_groups"));
    assertEquals(Optional.of(Profile.EDGE), config.profile());
    assertEquals(Origin.FILE, config.origin("profile"));
    assertEquals(512, config.maxMemoryLimitMb());
    assertEquals(Origin.BUILT_IN, config.origin("max_memory_limit_mb"));
  }

  @Test
  void everyKindOfValueInYamlAndJson() throws IOException {
    String json =
        """
        {"bit_width": 2, "modality": "image", "enable_spatial": false, "min_accuracy": 1,
         "keep": ["*.bias", "x"], "layer_bit_widths": {"a.b": 8, "*": 16},
         "sensitive_layer_patterns": ["^norm\\\\d+$"], "threads": null}
        """;
    for (Path file : List.of(write("s.json", json), write("s.yaml", json))) {
      DiffusionQuantConfig config = DiffusionQuantConfig.builder().file(file).build();
      assertEquals(2, config.bitWidth());
      assertEquals(Optional.of(Modality.IMAGE), config.modality());
      assertEquals(false, config.enableSpatial());
      assertEquals(1.0, config.minAccuracy());
      assertEquals(List.of(new NameGlob("*.bias"), new NameGlob("x")), config.keep());
      assertEquals(Map.of(new NameGlob("a.b"), 8, new NameGlob("*"), 16), config.layerBitWidths());
      assertEquals(List.of("^norm\\d+$"), config.sensitiveLayerPatterns());
      assertTrue(config.threads().isEmpty());
    }
  }

  @Test
  void listsAndWidthsInTheEnvironment() {
    DiffusionQuantConfig config =
        DiffusionQuantConfig.builder()
            .environment(
                Map.of(
                    "ARROW_QUANT_KEEP", "*.bias, x",
                    "ARROW_QUANT_LAYER_BIT_WIDTHS", "a=8,b=16",
                    "ARROW_QUANT_SENSITIVE_LAYER_PATTERNS", "a{1,2}",
                    "ARROW_QUANT_MAX_MEMORY_MB", "300",
                    "ARROW_QUANT_ENABLE_SPATIAL", "OFF"))
            .build();
    assertEquals(List.of(new NameGlob("*.bias"), new NameGlob("x")), config.keep());
    assertEquals(Map.of(new NameGlob("a"), 8, new NameGlob("b"), 16), config.layerBitWidths());
    assertEquals(List.of("a{1,2}"), config.sensitiveLayerPatterns());
    assertEquals(300, config.maxMemoryLimitMb());
    assertEquals(false, config.enableSpatial());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "BIT_WIDTH|7",
        "BIT_WIDTH|four",
        "BIT_WIDTH|''",
        "BIT_WIDTH|4.0",
        "GROUP_SIZE|2048",
        "GROUP_SIZE|99999999999",
        "MIN_ACCURACY|NaN",
        "MIN_ACCURACY|2",
        "ENABLE_SPATIAL|maybe",
        "METHOD|slow",
        "MODALITY|unknown",
        "PROFILE|desk",
        "KEEP|a,,b",
        "TENSOR_TYPES|a",
        "TENSOR_TYPES|=int4",
        "TENSOR_TYPES|a=int7",
        "TENSOR_TYPES|a=int4:g8",
        "TENSOR_TYPES|(=int4",
        "TENSOR_TYPES|a=int4,b",
        "LAYER_BIT_WIDTHS|a",
        "LAYER_BIT_WIDTHS|a=7",
        "LAYER_BIT_WIDTHS|a=4,a=5",
        "SENSITIVE_LAYER_PATTERNS|[",
        "BITS|4",
        "FAIL_FAST|maybe",
      })
  void badVariables(String name, String value) {
    String message =
        assertThrows(
                InvalidConfigException.class,
                () ->
                    DiffusionQuantConfig.builder()
                        .environment(Map.of("ARROW_QUANT_" + name, value)))
            .getMessage();
    assertTrue(message.contains("ARROW_QUANT_" + name), message);
  }

  @Test
  void typesOfTensorsFromEveryPlace() throws IOException {
    Path file = write("t.yaml", "bit_width: none\ntensor_types: ['a{1,2}=int4:g64', b=keep]\n");
    List<String> written = List.of("a{1,2}=int4:g64", "b=keep");
    List<DiffusionQuantConfig> configs =
        List.of(
            DiffusionQuantConfig.builder().file(file).build(),
            DiffusionQuantConfig.builder()
                .environment(Map.of("ARROW_QUANT_TENSOR_TYPES", "a{1,2}=int4:g64, b=keep"))
                .build(),
            DiffusionQuantConfig.builder().tensorType(written.get(0)).tensorType("b=keep").build());
    for (DiffusionQuantConfig config : configs) {
      assertEquals(written, config.tensorTypes().stream().map(TensorTypeRule::text).toList());
      assertEquals(written, config.decisiveValues().get("tensor_types"));
    }
    assertTrue(configs.get(0).keepsAll());
  }

  @Test
  void twoNamesOfOneVariable() {
    assertThrows(
        InvalidConfigException.class,
        () ->
            DiffusionQuantConfig.builder()
                .environment(
                    Map.of(
                        "ARROW_QUANT_MAX_MEMORY_MB", "100",
                        "ARROW_QUANT_MAX_MEMORY_LIMIT_MB", "100")));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "bit_widht: 4",
        "bit_width: 7",
        "bit_width: 4.0",
        "bit_width: [4]",
        "bit_width: 4\nbit_width: 4",
        "group_size: 99999999999999999999",
        "keep: {a: 1}",
        "keep: [1]",
        "keep: ['']",
        "layer_bit_widths: [4]",
        "tensor_types: {a: int4}",
        "tensor_types: [a=int4, b=int9]",
        "layer_bit_widths: {a: 7}",
        "layer_bit_widths: {a: null}",
        "threads: 1\nnum_threads: 2",
        "fail_fast: 1",
        "min_sqnr: -1",
        "target_model_size_mb: 0",
        "target_bpw: 65",
        "- bit_width",
        "bit_width",
        "4",
        "a: [",
        "{",
        "bit_width: 4\n---\nbit_width: 3",
        "\tbit_width: 4",
        "x: *nowhere",
      })
  void badFiles(String content) throws IOException {
    Path file = write("bad.yaml", content);
    String message =
        assertThrows(InvalidConfigException.class, () -> DiffusionQuantConfig.builder().file(file))
            .getMessage();
    assertTrue(message.contains("bad.yaml"), message);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "null x",
        "{\"bit_width\": 4,}",
        "{\"bit_width\": 4, \"bit_\\u0077idth\": 4}",
        "{} {}",
        "{'bit_width': 4}",
      })
  void badJson(String content) throws IOException {
    Path file = write("bad.json", content);
    assertThrows(InvalidConfigException.class, () -> DiffusionQuantConfig.builder().file(file));
  }

  @Test
  void noFileAndNoRegularFile() {
    ConfigBuilder builder = DiffusionQuantConfig.builder();
    assertThrows(InvalidConfigException.class, () -> builder.file(folder.resolve("absent.yaml")));
    assertThrows(InvalidConfigException.class, () -> builder.file(folder));
  }

  @Test
  void filesOfTheFirstVersionLoad() throws IOException {
    Path file =
        write(
            "first.yaml",
            """
            # as the first version wrote them
            bit_width: 2
            modality: text
            deployment_profile: edge
            num_threads: 3
            enable_streaming: true
            enable_mixed_precision: true
            fail_fast: false
            target_model_size_mb: null
            skip_sensitive_layers: true
            sensitive_layer_names: [lm_head.weight]
            sensitive_layer_patterns: [".*norm.*"]
            layer_bit_widths:
              embed.weight: 16
              head.weight: 8
            thermodynamic:
              markov: {steps: 3}
            """);
    DiffusionQuantConfig config = DiffusionQuantConfig.builder().file(file).build();
    assertEquals(2, config.bitWidth());
    assertEquals(Optional.of(Profile.EDGE), config.profile());
    assertEquals(3, config.threads().orElseThrow());
    assertEquals(List.of(new NameGlob("lm_head.weight")), config.keep());
    assertEquals(16, config.layerBitWidths().get(new NameGlob("embed.weight")));
    assertEquals(3, config.notices().size());
    assertTrue(config.notices().get(2).contains("thermodynamic is retired: "));
  }

  @Test
  void effectiveValuesWrittenAsYamlLoadAgain() throws IOException {
    DiffusionQuantConfig config =
        DiffusionQuantConfig.builder()
            .profile(Profile.CLOUD)
            .modality(Modality.AUDIO)
            .keep("*.bias")
            .layerBitWidth("a", 16)
            .build();
    Path file = folder.resolve("effective.yaml");
    new ObjectMapper(new YAMLFactory()).writeValue(file.toFile(), config.effectiveValues());
    assertEquals(
        config.effectiveValues(),
        DiffusionQuantConfig.builder().file(file).build().effectiveValues());
  }

  @Test
  void anEmptyFileSaysNothing() throws IOException {
    for (String empty : List.of("", "# nothing\n", "{}", "---\n")) {
      assertEquals(
          DiffusionQuantConfig.defaults().effectiveValues(),
          DiffusionQuantConfig.builder().file(write("e.yaml", empty)).build().effectiveValues());
    }
  }

  @Test
  void numbersThatAreNotFiniteAreCalledSo() throws IOException {
    for (String value : List.of(".nan", ".inf", "-.inf")) {
      Path file = write("n.yaml", "bit_width: 4\nmin_sqnr: " + value + "\n");
      String message =
          assertThrows(
                  InvalidConfigException.class,
                  () -> DiffusionQuantConfig.builder().file(file).build())
              .getMessage();
      assertTrue(message.contains("no finite number, at line 2"), message);
    }
  }

  @Property(tries = 500)
  void anyTextIsReadOrRefused(
      @ForAll
          @Chars({
            'a', ':', ' ', '-', '[', ']', '{', '}', '"', '\'', '\n', '\t', '&', '*', '!', '|', '>',
            '%', '0', ',', '?', '#', '.', '\0'
          })
          @StringLength(max = 30)
          String text) {
    for (String name : List.of("x.yaml", "x.json")) {
      try {
        SettingsFile.parse(Path.of(name), text.getBytes(StandardCharsets.UTF_8));
      } catch (InvalidConfigException e) {
        assertTrue(e.getMessage().contains(name));
      }
    }
  }

  @Property(tries = 300)
  void anyBytesAreReadOrRefused(@ForAll byte[] bytes) {
    for (String name : List.of("x.yaml", "x.json")) {
      try {
        SettingsFile.parse(Path.of(name), bytes);
      } catch (InvalidConfigException e) {
        assertTrue(e.getMessage().contains(name));
      }
    }
  }

  private Path write(String name, String content) throws IOException {
    return Files.writeString(folder.resolve(name), content);
  }
}
