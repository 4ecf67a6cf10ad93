package io.arrowquant.core.config;

import io.arrowquant.core.ByteSize;
import io.arrowquant.core.InvalidConfigException;
import io.arrowquant.core.QuotedName;
import io.arrowquant.core.remote.RemotePath;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The options of a command line that say how to quantize: names, meaning and help, the same
 * wherever there is such a command line. Values are text, and are checked when a {@link
 * ConfigBuilder} is told them.
 */
public enum ConfigOption {
  BITS(
      Kind.VALUE,
      Setting.BIT_WIDTH,
      "BITS",
      "Bits per weight: 2, 3, 4, 5, 6 or 8 (default: 4, or the profile's); none keeps every tensor"
          + " bit for bit.",
      "-b",
      "--bits",
      "--bit-width"),
  GROUP_SIZE(
      Kind.VALUE,
      Setting.GROUP_SIZE,
      "N",
      "Weights that share a scale and a zero point, 16 to 1024 (default: 128, or the profile's;"
          + " best and rate take 16).",
      "-g",
      "--group-size"),
  METHOD(
      Kind.VALUE,
      Setting.METHOD,
      "METHOD",
      "fast: the range of each group; best: a search for the least error; rate: codes compressed to"
          + " about half a bit more than --bits, with less error yet, not to be read in place,"
          + " best at 8 bits (default: fast, at 2 bits best).",
      "--method"),
  PROFILE(
      Kind.VALUE,
      Setting.PROFILE,
      "PROFILE",
      "edge: 2 bits, groups of 256; local: 4 bits, groups of 128; cloud: 8 bits, groups of 64.",
      "--profile"),
  TARGET(
      Kind.VALUE,
      Setting.TARGET,
      "TARGET",
      "Store only what a runtime can hold, so that 'arrowquant export' is exact: mlx, vllm,"
          + " vllm_asymmetric, gguf or gguf_q4_1.",
      "--for"),
  MODALITY(
      Kind.VALUE,
      Setting.MODALITY,
      "MODALITY",
      "text, code, image or audio (default: detected).",
      "--modality"),
  CALIBRATION(
      Kind.VALUE,
      Setting.CALIBRATION,
      "FILE",
      "Statistics or samples of activations: SafeTensors, Parquet, Arrow IPC or JSONL (default:"
          + " calibration.* beside the model); none takes none.",
      "--calibration"),
  TIME_AWARE(
      Kind.SWITCH,
      Setting.ENABLE_TIME_AWARE,
      "",
      "Whether calibrated weights count by what they do to the output over all timesteps (default:"
          + " yes).",
      "--time-aware"),
  SPATIAL(
      Kind.SWITCH,
      Setting.ENABLE_SPATIAL,
      "",
      "Whether calibrated input channels are equalized (default: for image and audio models).",
      "--spatial"),
  TIME_GROUPS(
      Kind.VALUE,
      Setting.NUM_TIME_GROUPS,
      "N",
      "Groups of timesteps with activation parameters of their own, 1 to 1000 (default: 10, or the"
          + " profile's).",
      "--time-groups"),
  MIN_ACCURACY(
      Kind.VALUE,
      Setting.MIN_ACCURACY,
      "COSINE",
      "Cosine similarity that a tensor must reach, 0 to 1 (default: by width); one that falls short"
          + " gets more bits.",
      "--min-accuracy"),
  NO_FALLBACK(
      Kind.FLAG,
      Setting.FAIL_FAST,
      "",
      "Fail where a tensor falls short, instead of giving it more bits.",
      "--no-fallback"),
  MIN_SQNR(
      Kind.VALUE,
      Setting.MIN_SQNR,
      "DB",
      "SQNR in dB that a tensor must reach, beside the cosine.",
      "--min-sqnr"),
  TENSOR_TYPE(
      Kind.LIST,
      Setting.TENSOR_TYPES,
      "REGEX=TYPE",
      "Type of the tensors in whose names REGEX is found: int2 to int8, with a group size and a"
          + " method as in int4:g64:best, or keep. May be repeated; the first that fits decides,"
          + " before all other options that speak of names.",
      "--tensor-type"),
  TENSOR_TYPE_FILE(
      Kind.VALUE,
      Setting.TENSOR_TYPES,
      "FILE",
      "The same from a file, a rule a line, after those given here; # for comments.",
      "--tensor-type-file"),
  QUANTIZE(
      Kind.LIST,
      Setting.QUANTIZE,
      "GLOB",
      "Quantize tensors of these names although their names or shapes keep them; may be repeated.",
      "--quantize"),
  TARGET_SIZE(
      Kind.VALUE,
      Setting.TARGET_MODEL_SIZE_MB,
      "SIZE",
      "Choose widths so that the model has this size, companion files excepted: 1500m, 1.5g,"
          + " 1.5GiB.",
      "--target-size"),
  TARGET_BPW(
      Kind.VALUE,
      Setting.TARGET_BPW,
      "BITS",
      "The same in bits per weight, everything included.",
      "--target-bpw"),
  SENSITIVITY(
      Kind.LIST,
      Setting.SENSITIVITIES,
      "GLOB=FACTOR",
      "What squared errors in tensors of these names count where a target size spreads bits"
          + " (default: 1); may be repeated, the first that fits decides.",
      "--sensitivity"),
  KEEP(
      Kind.LIST,
      Setting.KEEP,
      "GLOB",
      "Keep tensors of these names as they are; may be repeated.",
      "--keep"),
  INCLUDE(
      Kind.LIST,
      Setting.INCLUDE,
      "GLOB",
      "Take only tensors of these names; may be repeated.",
      "--include"),
  EXCLUDE(
      Kind.LIST,
      Setting.EXCLUDE,
      "GLOB",
      "Leave tensors of these names out; may be repeated.",
      "--exclude"),
  CONFIG(
      Kind.VALUE,
      null,
      "FILE",
      "Settings in YAML or JSON; ARROW_QUANT_* variables are stronger, options strongest.",
      "--config"),
  MAX_MEMORY(
      Kind.VALUE,
      Setting.MAX_MEMORY_LIMIT_MB,
      "MIB",
      "Memory outside the heap, in MiB (default: " + MemoryLimits.DEFAULT_MB + ").",
      "--max-memory"),
  THREADS(
      Kind.VALUE, Setting.THREADS, "N", "Workers (default: one per processor).", "-t", "--threads");

  /** What follows an option on a command line. */
  public enum Kind {
    /** One value; the option comes once. */
    VALUE,
    /** One value each time that the option comes. */
    LIST,
    /** Nothing, and there is another option for the contrary. */
    SWITCH,
    /** Nothing. */
    FLAG
  }

  private static final String YES = "true";
  private static final String NO = "false";

  private final Kind kind;
  private final Setting setting;
  private final String label;
  private final String help;
  private final List<String> names;

  /**
   * @param setting that it speaks of; null where it speaks of many
   */
  ConfigOption(Kind kind, Setting setting, String label, String help, String... names) {
    this.kind = kind;
    this.setting = setting;
    this.label = label;
    this.help = help;
    this.names = List.of(names);
  }

  /** What follows it. */
  public Kind kind() {
    return kind;
  }

  /** What help calls its value; the empty string where it has none. */
  public String label() {
    return label;
  }

  /** What it means, in a sentence or two. */
  public String help() {
    return help;
  }

  /** As on a command line, with their dashes. */
  public List<String> names() {
    return names;
  }

  /** The name that messages call it. */
  public String word() {
    return names.stream().filter(name -> name.startsWith("--")).findFirst().orElseThrow();
  }

  /** Of a switch, the option that says the contrary. */
  public Optional<String> contrary() {
    return kind == Kind.SWITCH ? Optional.of("--no-" + word().substring(2)) : Optional.empty();
  }

  /** The values that it can have, where they are words; else none. */
  public List<String> words() {
    Enum<?>[] constants =
        switch (this) {
          case METHOD -> Method.values();
          case PROFILE -> Profile.values();
          case TARGET -> Target.values();
          default -> new Enum<?>[0];
        };
    return Arrays.stream(constants).map(SettingType::wordOf).toList();
  }

  /** Whether its value is a file that settings are read from: what is wrong is wrong in there. */
  public boolean isFile() {
    return this == CONFIG || this == TENSOR_TYPE_FILE;
  }

  /**
   * An option by any of its names.
   *
   * @param name with its dashes, perhaps the contrary of a switch
   */
  public static Optional<ConfigOption> find(String name) {
    return Arrays.stream(values())
        .filter(
            option ->
                Stream.concat(option.names.stream(), option.contrary().stream())
                    .anyMatch(name::equals))
        .findFirst();
  }

  /** What an option says that comes without a value, by one of its names. */
  public String said(String name) {
    return contrary().filter(name::equals).isPresent() ? NO : YES;
  }

  void tell(ConfigBuilder builder, List<String> values) {
    String first = values.get(0);
    switch (this) {
      case CONFIG -> builder.file(path(first));
      case TENSOR_TYPE_FILE -> builder.tensorType(RuleFile.read(path(first)));
      case TARGET_SIZE -> builder.set(setting, word(), megabytes(first));
      case SENSITIVITY -> values.forEach(value -> tellFactor(builder, value));
      default -> {
        if (kind == Kind.LIST) {
          builder.add(setting, word(), values);
        } else {
          builder.set(setting, word(), first);
        }
      }
    }
  }

  private Path path(String text) {
    try {
      return RemotePath.orLocal(text);
    } catch (InvalidPathException e) {
      throw wrong(text, "a file");
    }
  }

  private double megabytes(String text) {
    return ByteSize.parse(text)
            .orElseThrow(() -> wrong(text, "a size such as 1500m, 1.5g or 1.5GiB"))
        / 1e6;
  }

  /** A pattern may hold the sign that a factor stands behind. */
  private void tellFactor(ConfigBuilder builder, String value) {
    int last = value.lastIndexOf('=');
    if (last < 1) {
      throw wrong(value, "a pattern and a factor, GLOB=FACTOR");
    }
    builder.put(setting, word(), value.substring(0, last), value.substring(last + 1));
  }

  private InvalidConfigException wrong(String value, String allowed) {
    return new InvalidConfigException(
        word() + " is " + QuotedName.of(value) + ", but must be " + allowed + ".");
  }
}
