package io.arrowquant.core.config;

import io.arrowquant.core.modality.Modality;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** Every setting: its key in files, what it takes, and its built-in value. */
@SuppressWarnings("ImmutableEnumChecker") // Types hold no state, and values are unmodifiable.
enum Setting {
  PROFILE("profile", SettingType.word(List.of(Profile.values())), null),
  BIT_WIDTH("bit_width", SettingType.widthOrNone(SettingType.oneOf(CodeLimits.BIT_WIDTHS)), 4),
  GROUP_SIZE("group_size", SettingType.integer(CodeLimits.LEAST_GROUP, CodeLimits.MOST_GROUP), 128),
  TARGET("target", SettingType.word(List.of(Target.values())), null),
  METHOD("method", SettingType.word(List.of(Method.values())), Method.FAST),
  MODALITY(
      "modality",
      SettingType.word(List.of(Modality.TEXT, Modality.CODE, Modality.IMAGE, Modality.AUDIO)),
      null),
  NUM_TIME_GROUPS("num_time_groups", SettingType.integer(1, 1000), 10),
  ENABLE_TIME_AWARE("enable_time_aware", SettingType.flag(), true),
  ENABLE_SPATIAL("enable_spatial", SettingType.flag(), true),
  /** The built-in value depends on the width. */
  MIN_ACCURACY("min_accuracy", SettingType.fraction(), null),
  MIN_SQNR("min_sqnr", SettingType.decibels(), null),
  FAIL_FAST("fail_fast", SettingType.flag(), false),
  TARGET_MODEL_SIZE_MB("target_model_size_mb", SettingType.megabytes(), null),
  TARGET_BPW("target_bpw", SettingType.bitsPerWeight(), null),
  CALIBRATION("calibration", SettingType.text("a file, or none"), null),
  CALIBRATION_SAMPLES("calibration_samples", SettingType.integer(1, 1_000_000), 128),
  THREADS("threads", SettingType.integer(1, 1024), null),
  MAX_MEMORY_LIMIT_MB(
      "max_memory_limit_mb",
      SettingType.integer(MemoryLimits.LEAST_MB, MemoryLimits.MOST_MB),
      MemoryLimits.DEFAULT_MB),
  SKIP_SENSITIVE_LAYERS("skip_sensitive_layers", SettingType.flag(), true),
  KEEP("keep", SettingType.globs(), List.of()),
  QUANTIZE("quantize", SettingType.globs(), List.of()),
  INCLUDE("include", SettingType.globs(), List.of()),
  EXCLUDE("exclude", SettingType.globs(), List.of()),
  SENSITIVE_LAYER_PATTERNS("sensitive_layer_patterns", SettingType.regexes(), List.of()),
  TENSOR_TYPES("tensor_types", SettingType.tensorTypes(), List.of()),
  LAYER_BIT_WIDTHS(
      "layer_bit_widths", SettingType.widths(SettingType.oneOf(CodeLimits.BIT_WIDTHS)), Map.of()),
  SENSITIVITIES("sensitivities", SettingType.factors(), Map.of());

  private final String key;
  private final SettingType type;
  private final Object builtIn;

  Setting(String key, SettingType type, Object builtIn) {
    this.key = key;
    this.type = type;
    this.builtIn = builtIn;
  }

  String key() {
    return key;
  }

  /** The value, checked; {@code name} is what messages call the setting. */
  Object check(String name, Object raw) {
    return type.check(name, raw);
  }

  Optional<Object> builtIn() {
    return Optional.ofNullable(builtIn);
  }

  /**
   * Whether its value changes what is written, rather than how the work is done. Where calibration
   * lies does not: what it is, the manifest says.
   */
  boolean isDecisive() {
    return this != THREADS && this != MAX_MEMORY_LIMIT_MB && this != CALIBRATION;
  }

  static Optional<Setting> ofKey(String key) {
    return Arrays.stream(values()).filter(s -> s.key.equals(key)).findFirst();
  }

  /** All keys, for messages. */
  static String keys() {
    return Arrays.stream(values()).map(Setting::key).collect(Collectors.joining(", "));
  }
}
