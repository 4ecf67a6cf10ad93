package io.arrowquant.core.config;

import io.arrowquant.core.InvalidConfigException;
import io.arrowquant.core.QuotedName;
import io.arrowquant.core.modality.Modality;
import java.io.Serializable;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/**
 * How to quantize a model. Immutable. Each value comes from the strongest place that gives one: an
 * explicit call, the environment, a settings file, a profile, or what is built in; {@link
 * #origin(String)} says which.
 */
@SuppressWarnings(
    "serial") // Values are strings, numbers, enums, and the JDK's collections of them.
public final class DiffusionQuantConfig implements Serializable {

  private static final long serialVersionUID = 1;

  private record Sourced(Object value, Origin origin) implements Serializable {}

  private final Map<Setting, Sourced> values;

  private final List<String> notices;

  DiffusionQuantConfig(Map<Origin, Map<Setting, Object>> layers, List<String> notices) {
    this.notices = List.copyOf(notices);
    values = new EnumMap<>(Setting.class);
    layers.forEach(
        (origin, layer) -> layer.forEach((s, v) -> values.putIfAbsent(s, new Sourced(v, origin))));
    profile().ifPresent(p -> fill(p.settings(), Origin.PROFILE));
    for (Setting setting : Setting.values()) {
      setting.builtIn().ifPresent(v -> fill(Map.of(setting, v), Origin.BUILT_IN));
    }
    fill(Map.of(Setting.MIN_ACCURACY, leastAccuracy(bitWidth())), Origin.BUILT_IN);
  }

  private void fill(Map<Setting, Object> defaults, Origin origin) {
    defaults.forEach((s, v) -> values.putIfAbsent(s, new Sourced(v, origin)));
  }

  /** The cosine to expect of a width at least. */
  private static double leastAccuracy(int bitWidth) {
    return switch (bitWidth) {
      case 2 -> 0.70;
      case 3 -> 0.80;
      case 4 -> 0.90;
      case 5 -> 0.92;
      case 6 -> 0.94;
      default -> 0.95;
    };
  }

  /** The built-in values: 4 bits, groups of 128. */
  public static DiffusionQuantConfig defaults() {
    return builder().build();
  }

  /**
   * The values of a profile.
   *
   * @param profile {@code edge}, {@code local} or {@code cloud}
   * @throws InvalidConfigException if there is no such profile
   */
  public static DiffusionQuantConfig fromProfile(String profile) {
    return builder().profile(profile).build();
  }

  /** Starts with nothing said. */
  public static ConfigBuilder builder() {
    return new ConfigBuilder();
  }

  /** The profile that stands behind, if one was named. */
  public Optional<Profile> profile() {
    return find(Setting.PROFILE, Profile.class);
  }

  /** Bits per weight: 2, 3, 4, 5, 6 or 8; 16 where every tensor is kept. */
  public int bitWidth() {
    return keepsAll() ? CodeLimits.KEEP : get(Setting.BIT_WIDTH, Integer.class);
  }

  /** Whether {@code bit_width} is {@code none}: tensors are kept unless a name gives a width. */
  public boolean keepsAll() {
    return values.get(Setting.BIT_WIDTH).value().equals(SettingType.NONE);
  }

  /** Weights along a row that share a scale and a zero point, 16 to 1024. */
  public int groupSize() {
    return get(Setting.GROUP_SIZE, Integer.class);
  }

  /** How scales and zero points are looked for, where neither width nor tensor asks otherwise. */
  public Method method() {
    return get(Setting.METHOD, Method.class);
  }

  /** The runtime that the model is for, if one was named. */
  public Optional<Target> target() {
    return find(Setting.TARGET, Target.class);
  }

  /** The modality that the user says, which beats what is detected. */
  public Optional<Modality> modality() {
    return find(Setting.MODALITY, Modality.class);
  }

  /** Groups that timesteps are cut into, 1 to 1000. */
  public int numTimeGroups() {
    return get(Setting.NUM_TIME_GROUPS, Integer.class);
  }

  /** Whether calibrated weights count by what they do to the output over all timesteps. */
  public boolean enableTimeAware() {
    return get(Setting.ENABLE_TIME_AWARE, Boolean.class);
  }

  /** Whether calibrated input channels are equalized. */
  public boolean enableSpatial() {
    return get(Setting.ENABLE_SPATIAL, Boolean.class);
  }

  /** The cosine similarity that each tensor must reach, 0 to 1; built in by width. */
  public double minAccuracy() {
    return get(Setting.MIN_ACCURACY, Double.class);
  }

  /**
   * The cosine similarity to reach at a width: {@link #minAccuracy()}, or, where nobody said that
   * and the width is less than the model's, what is built in for the width.
   */
  public double minAccuracy(int width) {
    return origin(Setting.MIN_ACCURACY.key()) == Origin.BUILT_IN
        ? Math.min(minAccuracy(), leastAccuracy(width))
        : minAccuracy();
  }

  /** The size in 10^6 bytes that the model may have, companion files excepted, if one is asked. */
  public OptionalDouble targetModelSizeMb() {
    return number(Setting.TARGET_MODEL_SIZE_MB);
  }

  /** The bits per weight that the model may have, everything included, if they are asked for. */
  public OptionalDouble targetBpw() {
    return number(Setting.TARGET_BPW);
  }

  private OptionalDouble number(Setting setting) {
    return find(setting, Double.class).map(OptionalDouble::of).orElse(OptionalDouble.empty());
  }

  /** The SQNR in dB that each quantized tensor must reach, if one is asked for. */
  public OptionalDouble minSqnr() {
    return number(Setting.MIN_SQNR);
  }

  /** Whether a tensor that falls short ends the run instead of falling back to more bits. */
  public boolean failFast() {
    return get(Setting.FAIL_FAST, Boolean.class);
  }

  /** The calibration file that the user says; empty where there is none or {@code none} is said. */
  public Optional<Path> calibration() {
    return find(Setting.CALIBRATION, String.class)
        .filter(file -> !file.equals(SettingType.NONE))
        .map(Path::of);
  }

  /** Whether a calibration file beside the model is to be left alone. */
  public boolean ignoresCalibration() {
    return find(Setting.CALIBRATION, String.class).filter(SettingType.NONE::equals).isPresent();
  }

  /** Raw calibration samples of each layer and timestep to take at most. */
  public int calibrationSamples() {
    return get(Setting.CALIBRATION_SAMPLES, Integer.class);
  }

  /** Workers; empty means one per processor. */
  public OptionalInt threads() {
    return find(Setting.THREADS, Integer.class).map(OptionalInt::of).orElse(OptionalInt.empty());
  }

  /** The most memory outside the heap, in MiB. */
  public int maxMemoryLimitMb() {
    return get(Setting.MAX_MEMORY_LIMIT_MB, Integer.class);
  }

  /** Whether norms, embeddings and the like are kept by their names. */
  public boolean skipSensitiveLayers() {
    return get(Setting.SKIP_SENSITIVE_LAYERS, Boolean.class);
  }

  /** Tensors to keep as they are, whatever else is said. */
  public List<NameGlob> keep() {
    return globs(Setting.KEEP);
  }

  /** Tensors to quantize although their names are sensitive. */
  public List<NameGlob> quantize() {
    return globs(Setting.QUANTIZE);
  }

  /** The only tensors to write; empty means all. */
  public List<NameGlob> include() {
    return globs(Setting.INCLUDE);
  }

  /** Tensors to leave out. */
  public List<NameGlob> exclude() {
    return globs(Setting.EXCLUDE);
  }

  /** Regular expressions; a tensor is kept where one is found anywhere in its name. */
  public List<String> sensitiveLayerPatterns() {
    return strings(Setting.SENSITIVE_LAYER_PATTERNS);
  }

  /** Types by regular expressions, the first that is found in a name decides. */
  public List<TensorTypeRule> tensorTypes() {
    return strings(Setting.TENSOR_TYPES).stream()
        .flatMap(text -> TensorTypeRule.parse(text).stream())
        .toList();
  }

  /** Width per name pattern, in the order given; 16 means keep. */
  public Map<NameGlob, Integer> layerBitWidths() {
    Map<NameGlob, Integer> widths = new LinkedHashMap<>();
    ((Map<?, ?>) get(Setting.LAYER_BIT_WIDTHS, Map.class))
        .forEach((glob, bits) -> widths.put(new NameGlob((String) glob), (Integer) bits));
    return Collections.unmodifiableMap(widths);
  }

  /** What a squared error counts per name pattern, in the order given. */
  public Map<NameGlob, Double> sensitivities() {
    Map<NameGlob, Double> factors = new LinkedHashMap<>();
    ((Map<?, ?>) get(Setting.SENSITIVITIES, Map.class))
        .forEach((glob, factor) -> factors.put(new NameGlob((String) glob), (Double) factor));
    return Collections.unmodifiableMap(factors);
  }

  /** What there is to tell the user about the settings file, each a sentence. */
  public List<String> notices() {
    return notices;
  }

  /**
   * Where a value came from.
   *
   * @param key as in a settings file, {@code bit_width}
   * @throws InvalidConfigException if there is no such setting
   */
  public Origin origin(String key) {
    Setting setting =
        Setting.ofKey(key)
            .orElseThrow(
                () ->
                    new InvalidConfigException("There is no setting " + QuotedName.of(key) + "."));
    Sourced sourced = values.get(setting);
    return sourced == null ? Origin.BUILT_IN : sourced.origin();
  }

  /**
   * Every setting's value by its key, null where nothing is said: integers, numbers, booleans,
   * strings, lists and maps of these, ready for JSON.
   */
  public Map<String, Object> effectiveValues() {
    return toMap(Arrays.asList(Setting.values()));
  }

  /**
   * {@link #effectiveValues()} without those that change only how the work is done, threads and
   * memory: the same model comes out whatever they are.
   */
  public Map<String, Object> decisiveValues() {
    return toMap(Arrays.stream(Setting.values()).filter(Setting::isDecisive).toList());
  }

  private Map<String, Object> toMap(List<Setting> settings) {
    Map<String, Object> map = new LinkedHashMap<>();
    for (Setting setting : settings) {
      Sourced sourced = values.get(setting);
      Object value = sourced == null ? null : sourced.value();
      map.put(setting.key(), value instanceof Enum<?> e ? SettingType.wordOf(e) : value);
    }
    return Collections.unmodifiableMap(map);
  }

  private List<NameGlob> globs(Setting setting) {
    return strings(setting).stream().map(NameGlob::new).toList();
  }

  private List<String> strings(Setting setting) {
    return ((List<?>) get(setting, List.class)).stream().map(String.class::cast).toList();
  }

  private <T> T get(Setting setting, Class<T> type) {
    return find(setting, type).orElseThrow();
  }

  private <T> Optional<T> find(Setting setting, Class<T> type) {
    return Optional.ofNullable(values.get(setting)).map(Sourced::value).map(type::cast);
  }
}
