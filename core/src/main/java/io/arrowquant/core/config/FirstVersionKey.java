package io.arrowquant.core.config;

import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A key of the first ArrowQuant's settings files that has another name here, or none.
 *
 * @param key pattern of the whole key
 * @param fate what becomes of it
 * @param setting what it is now, for a mapped one
 * @param reason why it went, for a retired one
 */
record FirstVersionKey(Pattern key, Fate fate, Optional<Setting> setting, String reason) {

  /** What becomes of a key. */
  enum Fate {
    /** It means a setting of another name. */
    MAPPED,
    /** It has no effect, and the user is told why. */
    RETIRED
  }

  private static final List<FirstVersionKey> ALL =
      List.of(
          mapped("deployment_profile", Setting.PROFILE),
          mapped("num_threads", Setting.THREADS),
          mapped("max_memory_mb", Setting.MAX_MEMORY_LIMIT_MB),
          mapped("sensitive_layer_names", Setting.KEEP),
          retired("enable_streaming", "every run streams"),
          retired(
              "enable_mixed_precision",
              "layer_bit_widths gives tensors widths of their own whenever it is there"),
          retired(
              "(enable_)?(thermodynamic|markov|transition|boundary_smoothing)\\w*",
              "it had no measured effect; importance from calibration takes its place"),
          retired(
              "(enable_)?(evolutionary|evolution|gradient)\\w*",
              "a random search had no measured effect; a byte budget with measured errors takes its"
                  + " place"));

  static Optional<FirstVersionKey> find(String key) {
    return ALL.stream().filter(k -> k.key.matcher(key).matches()).findFirst();
  }

  private static FirstVersionKey mapped(String key, Setting setting) {
    return new FirstVersionKey(Pattern.compile(key), Fate.MAPPED, Optional.of(setting), "");
  }

  private static FirstVersionKey retired(String regex, String reason) {
    return new FirstVersionKey(Pattern.compile(regex), Fate.RETIRED, Optional.empty(), reason);
  }
}
