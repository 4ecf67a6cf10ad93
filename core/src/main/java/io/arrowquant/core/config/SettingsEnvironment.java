package io.arrowquant.core.config;

import io.arrowquant.core.InvalidConfigException;
import io.arrowquant.core.QuotedName;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;

/**
 * Settings in {@code ARROW_QUANT_*} variables, {@code ARROW_QUANT_BIT_WIDTH} for {@code bit_width}.
 * Lists are separated by commas, widths per name are {@code name=width}.
 */
final class SettingsEnvironment {

  private static final String PREFIX = "ARROW_QUANT_";

  private SettingsEnvironment() {}

  static Map<Setting, Object> read(Map<String, String> environment) {
    Map<Setting, Object> values = new EnumMap<>(Setting.class);
    environment.forEach(
        (variable, value) -> {
          if (variable.startsWith(PREFIX)) {
            Setting setting = setting(variable);
            if (values.put(setting, setting.check(variable, value)) != null) {
              throw new InvalidConfigException(
                  "Two variables set " + setting.key() + ", " + variable + " among them.");
            }
          }
        });
    return values;
  }

  private static Setting setting(String variable) {
    String key = variable.substring(PREFIX.length()).toLowerCase(Locale.ROOT);
    return Setting.ofKey(key)
        .or(() -> FirstVersionKey.find(key).flatMap(FirstVersionKey::setting))
        .orElseThrow(
            () ->
                new InvalidConfigException(
                    "The variable "
                        + QuotedName.of(variable)
                        + " names no setting; there are "
                        + Setting.keys()
                        + "."));
  }
}
