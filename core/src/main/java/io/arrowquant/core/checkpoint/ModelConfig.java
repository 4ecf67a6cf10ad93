package io.arrowquant.core.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.arrowquant.core.ArrowQuantException;
import io.arrowquant.core.QuotedName;
import io.arrowquant.core.modality.ModalityEvidence.Entry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What the model's own {@code model_index.json} and {@code config.json} say. They are hints: one
 * that is not JSON is a warning, not an error.
 *
 * @param architecture the entries that name what the model is
 * @param quantMethod {@code quantization_config.quant_method}, or the shape of MLX's {@code
 *     quantization}
 */
record ModelConfig(List<Entry> architecture, Optional<String> quantMethod) {

  /** Far more than any such file has; a larger one is not read. */
  private static final long LARGEST = 16L << 20;

  /** Apart, since data binding takes long to load and many checkpoints have no configuration. */
  private static final class Json {
    static final ObjectMapper MAPPER = new ObjectMapper();
  }

  static ModelConfig read(Path root, List<Path> companions, List<String> warnings) {
    List<Entry> architecture = new ArrayList<>();
    Optional<String> quantMethod = Optional.empty();
    for (String name : List.of(CheckpointLocator.MODEL_INDEX, "config.json")) {
      if (!companions.contains(Path.of(name))) {
        continue;
      }
      JsonNode config = parse(root.resolve(name), warnings);
      for (String key : List.of("_class_name", "architectures", "model_type")) {
        for (String value : strings(config.path(key))) {
          architecture.add(new Entry(key, value));
        }
      }
      if (quantMethod.isEmpty()) {
        quantMethod = quantMethod(config);
      }
    }
    return new ModelConfig(List.copyOf(architecture), quantMethod);
  }

  private static JsonNode parse(Path file, List<String> warnings) {
    try {
      if (Files.size(file) <= LARGEST) {
        return Json.MAPPER.readTree(Files.readAllBytes(file));
      }
      warnings.add(QuotedName.of(file) + " is not read: it is larger than 16 MiB.");
    } catch (JsonProcessingException e) {
      warnings.add(QuotedName.of(file) + " is not read: it is not valid JSON.");
    } catch (IOException e) {
      throw ArrowQuantException.whileReading(file, e);
    }
    return MissingNode.getInstance();
  }

  private static List<String> strings(JsonNode node) {
    List<String> strings = new ArrayList<>();
    if (node.isTextual()) {
      strings.add(node.textValue());
    }
    node.elements()
        .forEachRemaining(e -> strings.addAll(e.isTextual() ? List.of(e.textValue()) : List.of()));
    return strings;
  }

  private static Optional<String> quantMethod(JsonNode config) {
    JsonNode quantization = config.path("quantization_config");
    if (quantization.path("quant_method").isTextual()) {
      return Optional.of(quantization.path("quant_method").textValue());
    }
    JsonNode mlx = config.path("quantization");
    return mlx.has("group_size") && mlx.has("bits") ? Optional.of("mlx") : Optional.empty();
  }
}
