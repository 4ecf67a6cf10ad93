package io.arrowquant.core.config;

import io.arrowquant.core.modality.Modality;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Builds a {@link DiffusionQuantConfig}. Each call checks its value at once and throws {@link
 * io.arrowquant.core.InvalidConfigException} if it is not allowed; what is not said is filled from
 * weaker places.
 */
public final class ConfigBuilder {

  private final Map<Origin, Map<Setting, Object>> layers = new EnumMap<>(Origin.class);
  private final List<String> notices = new ArrayList<>();

  ConfigBuilder() {}

  /** Settings for a place to run in, below all that are set one by one. */
  public ConfigBuilder profile(Profile profile) {
    return set(Setting.PROFILE, profile);
  }

  /** {@code edge}, {@code local} or {@code cloud}. */
  public ConfigBuilder profile(String profile) {
    return set(Setting.PROFILE, profile);
  }

  /** 2, 3, 4, 5, 6 or 8. */
  public ConfigBuilder bitWidth(int bits) {
    return set(Setting.BIT_WIDTH, bits);
  }

  /** Keeps every tensor as it is, but those that other settings give a width. */
  public ConfigBuilder keepAll() {
    return set(Setting.BIT_WIDTH, SettingType.NONE);
  }

  /** A width by its word, {@code 4}, or {@code none} for {@link #keepAll()}. */
  public ConfigBuilder bitWidth(String bits) {
    return set(Setting.BIT_WIDTH, bits);
  }

  /** 16 to 1024. */
  public ConfigBuilder groupSize(int weights) {
    return set(Setting.GROUP_SIZE, weights);
  }

  /** The runtime that the model is for. */
  public ConfigBuilder target(Target target) {
    return set(Setting.TARGET, target);
  }

  /** How scales and zero points are chosen. */
  public ConfigBuilder method(Method method) {
    return set(Setting.METHOD, method);
  }

  /** Any but {@link Modality#UNKNOWN}. */
  public ConfigBuilder modality(Modality modality) {
    return set(Setting.MODALITY, modality);
  }

  /** 1 to 1000. */
  public ConfigBuilder numTimeGroups(int groups) {
    return set(Setting.NUM_TIME_GROUPS, groups);
  }

  /** Whether errors are weighed by timestep where there is calibration data. */
  public ConfigBuilder enableTimeAware(boolean enable) {
    return set(Setting.ENABLE_TIME_AWARE, enable);
  }

  /** Whether channels are equalized where there is calibration data. */
  public ConfigBuilder enableSpatial(boolean enable) {
    return set(Setting.ENABLE_SPATIAL, enable);
  }

  /** Cosine similarity from 0 to 1. */
  public ConfigBuilder minAccuracy(double cosine) {
    return set(Setting.MIN_ACCURACY, cosine);
  }

  /** The size in 10^6 bytes that the model may have, companion files excepted. */
  public ConfigBuilder targetModelSizeMb(double megabytes) {
    return set(Setting.TARGET_MODEL_SIZE_MB, megabytes);
  }

  /** The same in bits per weight, everything included. */
  public ConfigBuilder targetBpw(double bits) {
    return set(Setting.TARGET_BPW, bits);
  }

  /** The SQNR in dB that each quantized tensor must reach, beside the cosine. */
  public ConfigBuilder minSqnr(double decibels) {
    return set(Setting.MIN_SQNR, decibels);
  }

  /** Whether a tensor that falls short ends the run instead of falling back to more bits. */
  public ConfigBuilder failFast(boolean fail) {
    return set(Setting.FAIL_FAST, fail);
  }

  /** A calibration file, which takes the place of one beside the model. */
  public ConfigBuilder calibration(Path file) {
    return set(Setting.CALIBRATION, file.toString());
  }

  /** A file by its path, or {@code none}, not even one beside the model. */
  public ConfigBuilder calibration(String file) {
    return set(Setting.CALIBRATION, file);
  }

  /** Raw samples of each layer and timestep to take at most, 1 to 1,000,000. */
  public ConfigBuilder calibrationSamples(int samples) {
    return set(Setting.CALIBRATION_SAMPLES, samples);
  }

  /** 1 to 1024; not said means one per processor. */
  public ConfigBuilder threads(int threads) {
    return set(Setting.THREADS, threads);
  }

  /** Memory outside the heap, 64 MiB to 1 TiB. */
  public ConfigBuilder maxMemoryLimitMb(int mebibytes) {
    return set(Setting.MAX_MEMORY_LIMIT_MB, mebibytes);
  }

  /** Whether tensors of sensitive names (norms, embeddings and the like) are kept as they are. */
  public ConfigBuilder skipSensitiveLayers(boolean skip) {
    return set(Setting.SKIP_SENSITIVE_LAYERS, skip);
  }

  /** Adds tensors to keep as they are. */
  public ConfigBuilder keep(String... globs) {
    return add(Setting.KEEP, globs);
  }

  /** Adds tensors to quantize although their names are sensitive. */
  public ConfigBuilder quantize(String... globs) {
    return add(Setting.QUANTIZE, globs);
  }

  /** Adds to the only tensors to write. */
  public ConfigBuilder include(String... globs) {
    return add(Setting.INCLUDE, globs);
  }

  /** Adds tensors to leave out. */
  public ConfigBuilder exclude(String... globs) {
    return add(Setting.EXCLUDE, globs);
  }

  /** Adds regular expressions; a tensor is kept where one is found in its name. */
  public ConfigBuilder sensitiveLayerPatterns(String... regexes) {
    return add(Setting.SENSITIVE_LAYER_PATTERNS, regexes);
  }

  /**
   * Adds rules {@code REGEX=TYPE}; the first whose expression is found in a tensor's name decides,
   * before every other setting that speaks of names.
   *
   * @param rules each as {@link TensorTypeRule} describes, {@code attn\.to_[qkv]=int8:g64}
   */
  public ConfigBuilder tensorType(String... rules) {
    return add(Setting.TENSOR_TYPES, rules);
  }

  /** Gives tensors a width of their own; 16 keeps them. */
  public ConfigBuilder layerBitWidth(String glob, int bits) {
    return put(Setting.LAYER_BIT_WIDTHS, Setting.LAYER_BIT_WIDTHS.key(), glob, bits);
  }

  /**
   * Says what a squared error in tensors counts where a target size spreads bits over tensors; not
   * said means 1. The first pattern that matches a name decides.
   */
  public ConfigBuilder sensitivity(String glob, double factor) {
    return put(Setting.SENSITIVITIES, Setting.SENSITIVITIES.key(), glob, factor);
  }

  /**
   * What an option of a command line says.
   *
   * @param values one; of an option that comes several times, all of them in their order
   */
  public ConfigBuilder option(ConfigOption option, List<String> values) {
    option.tell(this, values);
    return this;
  }

  /**
   * Reads a settings file, YAML or, where its name ends so, {@code .json}.
   *
   * @throws io.arrowquant.core.InvalidConfigException if it is not there, malformed, has a key that
   *     is unknown or a value that is not allowed
   * @throws io.arrowquant.core.StorageException if reading fails
   */
  public ConfigBuilder file(Path file) {
    return take(SettingsFile.read(file));
  }

  /**
   * Takes settings as strong as those of a file and with the same keys, from a file of another
   * kind. Of several calls the last that says a key decides about it.
   *
   * @param place where they stand, as messages begin: {@code In "jobs.yaml", job 2}
   * @throws io.arrowquant.core.InvalidConfigException if a key is unknown or a value not allowed
   */
  public ConfigBuilder settings(String place, Map<String, ?> values) {
    return take(SettingsFile.of(place, values));
  }

  private ConfigBuilder take(SettingsFile settings) {
    layers
        .computeIfAbsent(Origin.FILE, o -> new EnumMap<>(Setting.class))
        .putAll(settings.values());
    notices.addAll(settings.notices());
    return this;
  }

  /**
   * Takes {@code ARROW_QUANT_*} variables, {@code ARROW_QUANT_BIT_WIDTH=3}; others are passed over.
   *
   * @param environment as {@link System#getenv()} gives it
   * @throws io.arrowquant.core.InvalidConfigException if a variable names no setting or its value
   *     is not allowed
   */
  public ConfigBuilder environment(Map<String, String> environment) {
    layers.put(Origin.ENVIRONMENT, SettingsEnvironment.read(environment));
    return this;
  }

  /** All that was said, and the rest from weaker places. */
  public DiffusionQuantConfig build() {
    return new DiffusionQuantConfig(layers, notices);
  }

  private ConfigBuilder set(Setting setting, Object value) {
    return set(setting, setting.key(), value);
  }

  private ConfigBuilder add(Setting setting, String... more) {
    return add(setting, setting.key(), List.of(more));
  }

  /**
   * Takes a value.
   *
   * @param name what messages call the setting
   */
  ConfigBuilder set(Setting setting, String name, Object value) {
    explicit().put(setting, setting.check(name, value));
    return this;
  }

  /** Adds to a list. */
  ConfigBuilder add(Setting setting, String name, List<String> more) {
    List<Object> all = new ArrayList<>();
    if (explicit().get(setting) instanceof List<?> before) {
      all.addAll(before);
    }
    all.addAll(more);
    return set(setting, name, all);
  }

  /** Adds to a map. */
  ConfigBuilder put(Setting setting, String name, String glob, Object value) {
    Map<Object, Object> values = new LinkedHashMap<>();
    if (explicit().get(setting) instanceof Map<?, ?> before) {
      values.putAll(before);
    }
    values.put(glob, value);
    return set(setting, name, values);
  }

  private Map<Setting, Object> explicit() {
    return layers.computeIfAbsent(Origin.EXPLICIT, o -> new EnumMap<>(Setting.class));
  }
}
