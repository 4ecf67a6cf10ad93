package io.arrowquant.quantize.export;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.arrowquant.core.ArrowQuantException;
import io.arrowquant.core.InvalidModelException;
import io.arrowquant.core.QuotedName;
import io.arrowquant.core.config.Target;
import io.arrowquant.quantize.target.TargetRules;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Says in a component's {@code config.json} how it is quantized, beside what stands there. */
final class ConfigFile {

  static final String NAME = "config.json";

  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  private ConfigFile() {}

  /** How a matrix is quantized; layers that agree are described once. */
  private record Way(int bits, int groupSize, boolean symmetric) {}

  /**
   * Writes the file into the component's folder, where the source's copy may lie already.
   *
   * @throws InvalidModelException if that is no JSON object
   */
  static void write(Component component, Target.Format format, Path working) {
    Map<Way, List<String>> modules = modules(component);
    if (modules.isEmpty()) {
      return;
    }
    Path file = working.resolve(component.folder()).resolve(NAME);
    try {
      ObjectNode config = JSON.createObjectNode();
      if (Files.exists(file)) {
        JsonNode found = JSON.readTree(Files.readAllBytes(file));
        if (!(found instanceof ObjectNode object)) {
          throw new InvalidModelException(QuotedName.of(file) + " is not a JSON object.");
        }
        config = object;
      }
      config.remove(List.of("quantization", "quantization_config"));
      if (format == Target.Format.MLX) {
        config.set("quantization", mlx(modules));
      } else {
        config.set("quantization_config", compressedTensors(modules, ignored(component)));
      }
      Files.write(file, JSON.writeValueAsBytes(config));
    } catch (JsonProcessingException e) {
      throw new InvalidModelException(QuotedName.of(file) + " is not valid JSON.", e);
    } catch (IOException e) {
      throw ArrowQuantException.whileWriting(file, e);
    }
  }

  private static Map<Way, List<String>> modules(Component component) {
    Map<Way, List<String>> modules = new LinkedHashMap<>();
    for (LayerExport layer : component.layers()) {
      if (layer instanceof LayerExport.Packed packed) {
        PackedStrips strips = packed.strips();
        Way way = new Way(strips.bits(), strips.groupSize(), packed.survey().isSymmetric());
        modules
            .computeIfAbsent(way, w -> new ArrayList<>())
            .add(TargetRules.module(layer.nameInComponent()));
      }
    }
    return modules;
  }

  /** The most frequent way for all, and entries for the modules that differ. */
  private static ObjectNode mlx(Map<Way, List<String>> modules) {
    Map<Way, List<String>> affine = new LinkedHashMap<>();
    modules.forEach(
        (way, names) ->
            affine
                .computeIfAbsent(
                    new Way(way.bits(), way.groupSize(), false), w -> new ArrayList<>())
                .addAll(names));
    Way usual =
        affine.entrySet().stream()
            .max((a, b) -> Integer.compare(a.getValue().size(), b.getValue().size()))
            .orElseThrow()
            .getKey();
    ObjectNode node = describe(usual);
    affine.forEach(
        (way, names) -> {
          if (!way.equals(usual)) {
            names.forEach(name -> node.set(name, describe(way)));
          }
        });
    return node;
  }

  private static ObjectNode describe(Way way) {
    return JSON.createObjectNode().put("group_size", way.groupSize()).put("bits", way.bits());
  }

  private static ObjectNode compressedTensors(
      Map<Way, List<String>> modules, List<String> ignored) {
    ObjectNode config = JSON.createObjectNode();
    config.put("quant_method", "compressed-tensors");
    config.put("format", "pack-quantized");
    config.put("quantization_status", "compressed");
    ObjectNode groups = config.putObject("config_groups");
    modules.forEach(
        (way, names) -> {
          ObjectNode group = groups.putObject("group_" + groups.size());
          ArrayNode targets = group.putArray("targets");
          if (modules.size() == 1) {
            targets.add("Linear");
          } else {
            names.forEach(targets::add);
          }
          group
              .putObject("weights")
              .put("num_bits", way.bits())
              .put("type", "int")
              .put("symmetric", way.symmetric())
              .put("strategy", "group")
              .put("group_size", way.groupSize())
              .put("dynamic", false);
          group.putNull("input_activations");
          group.putNull("output_activations");
        });
    ArrayNode ignore = config.putArray("ignore");
    ignored.forEach(ignore::add);
    return config;
  }

  /** Matrices that are not quantized: linear layers among them must be named. */
  private static List<String> ignored(Component component) {
    return component.layers().stream()
        .filter(layer -> !(layer instanceof LayerExport.Packed))
        .filter(layer -> layer.record().shape().size() == 2)
        .map(LayerExport::nameInComponent)
        .filter(name -> TargetRules.nameRefusal(Target.Format.COMPRESSED_TENSORS, name).isEmpty())
        .map(TargetRules::module)
        .toList();
  }
}
