package io.arrowquant.core.config;

import io.arrowquant.core.InvalidConfigException;
import io.arrowquant.core.QuotedName;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
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

  private static final String KIND = "settings file";

  static SettingsFile read(Path file) {
    return of("In " + QuotedName.of(file), MapFile.read(file, KIND));
  }

  static SettingsFile parse(Path file, byte[] content) {
    return of("In " + QuotedName.of(file), MapFile.parse(file, KIND, content));
  }

  /**
   * Settings that were read already.
   *
   * @param place where they stand, as messages begin: {@code In "settings.yaml"}
   */
  static SettingsFile of(String place, Map<String, ?> map) {
    SettingsFile settings = new SettingsFile(new EnumMap<>(Setting.class), new ArrayList<>());
    map.forEach(
        (key, value) -> {
          if (value != null) {
            settings.take(place, key, value);
          }
        });
    return settings;
  }

  private void take(String place, String key, Object value) {
    String name = place + ", " + key;
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
                        place
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
}
