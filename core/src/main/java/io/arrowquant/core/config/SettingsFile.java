package io.arrowquant.core.config;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import io.arrowquant.core.ArrowQuantException;
import io.arrowquant.core.InvalidConfigException;
import io.arrowquant.core.QuotedName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * A settings file, YAML or, by its ending, JSON: one map from setting to value. Files of the first
 * ArrowQuant load too; see {@link FirstVersionKey}. A key that nobody knows, or that is there
 * twice, is an error; a null says nothing.
 *
 * @param values what the file says
 * @param notices a sentence for each key that is retired
 */
record SettingsFile(Map<Setting, Object> values, List<String> notices) {

  /** The largest file read, in bytes. */
  private static final long LARGEST = 1 << 20;

  static SettingsFile read(Path file) {
    try {
      if (Files.exists(file) && !Files.isRegularFile(file)) {
        throw new InvalidConfigException(
            "The settings " + QuotedName.of(file) + " are not in a regular file.");
      }
      if (Files.size(file) > LARGEST) {
        throw new InvalidConfigException(
            "The settings file " + QuotedName.of(file) + " is larger than 1 MiB.");
      }
      return parse(file, Files.readAllBytes(file));
    } catch (NoSuchFileException e) {
      throw new InvalidConfigException("There is no settings file " + QuotedName.of(file) + ".", e);
    } catch (IOException e) {
      throw ArrowQuantException.whileReading(file, e);
    }
  }

  static SettingsFile parse(Path file, byte[] content) {
    SettingsFile settings = new SettingsFile(new EnumMap<>(Setting.class), new ArrayList<>());
    toMap(file, content)
        .forEach(
            (key, value) -> {
              if (value != null) {
                settings.take(file, key, value);
              }
            });
    return settings;
  }

  private void take(Path file, String key, Object value) {
    String name = "In " + QuotedName.of(file) + ", " + key;
    Optional<Setting> known = Setting.ofKey(key);
    if (known.isPresent()) {
      put(known.get(), name, value);
      return;
    }
    FirstVersionKey first =
        FirstVersionKey.find(key)
            .orElseThrow(
                () ->
                    new InvalidConfigException(
                        "In "
                            + QuotedName.of(file)
                            + ", there is no setting "
                            + QuotedName.of(key)
                            + "; there are "
                            + Setting.keys()
                            + "."));
    switch (first.fate()) {
      case MAPPED -> put(first.setting().orElseThrow(), name, value);
      case RETIRED -> notices.add(name + " is retired: " + first.reason() + ".");
    }
  }

  private void put(Setting setting, String name, Object value) {
    if (values.put(setting, setting.check(name, value)) != null) {
      throw new InvalidConfigException(
          name + " is said twice, by its own name and as " + setting.key() + ".");
    }
  }

  private static Map<String, Object> toMap(Path file, byte[] content) {
    boolean json = file.toString().toLowerCase(Locale.ROOT).endsWith(".json");
    JsonFactory factory = json ? new JsonFactory() : new YAMLFactory();
    ObjectMapper mapper =
        new ObjectMapper(factory)
            .configure(StreamReadFeature.STRICT_DUPLICATE_DETECTION.mappedFeature(), true)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
    try {
      JsonNode root = mapper.readTree(content);
      boolean empty = root.isMissingNode() || root.isNull();
      if (!root.isObject() && (json || !empty)) {
        throw new InvalidConfigException(
            "The settings file "
                + QuotedName.of(file)
                + " holds something else than a map from settings to values.");
      }
      return empty ? Map.of() : mapper.convertValue(root, new TypeReference<>() {});
    } catch (JsonProcessingException e) {
      throw new InvalidConfigException(
          "The settings file "
              + QuotedName.of(file)
              + " is not "
              + (json ? "JSON" : "YAML")
              + " that maps each setting to one value"
              + (e.getLocation() == null ? "" : ", at line " + e.getLocation().getLineNr())
              + ".",
          e);
    } catch (IOException e) {
      throw new InvalidConfigException(
          "The settings file " + QuotedName.of(file) + " is not text in UTF-8.", e);
    }
  }
}
