package io.arrowquant.core.config;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import io.arrowquant.core.InvalidConfigException;
import io.arrowquant.core.QuotedName;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;

/**
 * A file that users write, YAML or, by its ending, JSON: one map from names to values, at most 1
 * MiB. A name that is there twice is an error.
 */
public final class MapFile {

  private MapFile() {}

  /**
   * What a file says: numbers, strings, booleans, nulls, lists and maps of these, in its order.
   *
   * @param kind what messages call the file, {@code settings file}
   * @throws InvalidConfigException if it is not there, too large or malformed
   * @throws io.arrowquant.core.StorageException if reading fails
   */
  public static Map<String, Object> read(Path file, String kind) {
    return parse(file, kind, UserFile.read(file, kind));
  }

  static Map<String, Object> parse(Path file, String kind, byte[] content) {
    boolean json = file.toString().toLowerCase(Locale.ROOT).endsWith(".json");
    JsonFactory factory = json ? new JsonFactory() : new YAMLFactory();
    ObjectMapper mapper =
        new ObjectMapper(factory)
            .configure(StreamReadFeature.STRICT_DUPLICATE_DETECTION.mappedFeature(), true)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
    String named = "The " + kind + " " + QuotedName.of(file);
    try {
      JsonNode root = mapper.readTree(content);
      boolean empty = root.isMissingNode() || root.isNull();
      if (!root.isObject() && (json || !empty)) {
        throw new InvalidConfigException(
            named + " holds something else than a map from names to values.");
      }
      return empty ? Map.of() : mapper.convertValue(root, new TypeReference<>() {});
    } catch (JsonProcessingException e) {
      // Jackson's way of saying .nan and .inf, which YAML has and its numbers have not.
      boolean notFinite = !json && e.getOriginalMessage().startsWith("Malformed numeric value");
      throw new InvalidConfigException(
          named
              + (notFinite
                  ? " has a value that is no finite number"
                  : " is not " + (json ? "JSON" : "YAML") + " that maps each name to one value")
              + (e.getLocation() == null ? "" : ", at line " + e.getLocation().getLineNr())
              + ".",
          e);
    } catch (IOException e) {
      throw new InvalidConfigException(named + " is not text in UTF-8.", e);
    }
  }
}
