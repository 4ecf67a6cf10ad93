package io.arrowquant.cli.command;

import io.arrowquant.core.InvalidConfigException;
import io.arrowquant.core.config.ConfigBuilder;
import io.arrowquant.core.config.DiffusionQuantConfig;
import io.arrowquant.core.config.Method;
import io.arrowquant.core.config.Profile;
import io.arrowquant.core.config.RuleFile;
import io.arrowquant.core.config.Target;
import io.arrowquant.core.modality.Modality;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Consumer;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** How to quantize; what is not said here is left to weaker places. */
final class ConfigOptions {

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = {"-b", "--bits", "--bit-width"},
      paramLabel = "BITS",
      description =
          "Bits per weight: 2, 3, 4, 5, 6 or 8 (default: 4, or the profile's); none keeps every"
              + " tensor bit for bit.")
  private String bits;

  @Option(
      names = {"-g", "--group-size"},
      paramLabel = "N",
      description =
          "Weights that share a scale and a zero point, 16 to 1024 (default: 128, or the"
              + " profile's; best takes 16).")
  private Integer groupSize;

  @Option(
      names = "--method",
      paramLabel = "METHOD",
      description =
          "fast: the range of each group; best: a search for the least error (default: fast, at 2"
              + " bits best).")
  private Method method;

  @Option(
      names = "--profile",
      paramLabel = "PROFILE",
      description =
          "edge: 2 bits, groups of 256; local: 4 bits, groups of 128; cloud: 8 bits, groups of 64.")
  private Profile profile;

  @Option(
      names = "--for",
      paramLabel = "TARGET",
      description =
          "Store only what a runtime can hold, so that 'arrowquant export' is exact: mlx, vllm,"
              + " vllm_asymmetric, gguf or gguf_q4_1.")
  private Target target;

  @Option(
      names = "--modality",
      paramLabel = "MODALITY",
      description = "text, code, image or audio (default: detected).")
  private Modality modality;

  @Option(
      names = "--calibration",
      paramLabel = "FILE",
      description =
          "Statistics or samples of activations: SafeTensors, Parquet, Arrow IPC or JSONL (default:"
              + " calibration.* beside the model); none takes none.")
  private String calibration;

  @Option(
      names = "--time-aware",
      negatable = true,
      description =
          "Whether calibrated weights count by what they do to the output over all timesteps"
              + " (default: yes).")
  private Boolean timeAware;

  @Option(
      names = "--spatial",
      negatable = true,
      description =
          "Whether calibrated input channels are equalized (default: for image and audio models).")
  private Boolean spatial;

  @Option(
      names = "--time-groups",
      paramLabel = "N",
      description =
          "Groups of timesteps with activation parameters of their own, 1 to 1000 (default: 10, or"
              + " the profile's).")
  private Integer timeGroups;

  @Option(
      names = "--min-accuracy",
      paramLabel = "COSINE",
      description =
          "Cosine similarity that a tensor must reach, 0 to 1 (default: by width); one that falls"
              + " short gets more bits.")
  private Double minAccuracy;

  @Option(
      names = "--no-fallback",
      description = "Fail where a tensor falls short, instead of giving it more bits.")
  private boolean noFallback;

  @Option(
      names = "--min-sqnr",
      paramLabel = "DB",
      description = "SQNR in dB that a tensor must reach, beside the cosine.")
  private Double minSqnr;

  @Option(
      names = "--tensor-type",
      paramLabel = "REGEX=TYPE",
      description =
          "Type of the tensors in whose names REGEX is found: int2 to int8, with a group size and"
              + " a method as in int4:g64:best, or keep. May be repeated; the first that fits"
              + " decides, before all other options that speak of names.")
  private String[] tensorTypes;

  @Option(
      names = "--tensor-type-file",
      paramLabel = "FILE",
      description = "The same from a file, a rule a line, after those given here; # for comments.")
  private Path tensorTypeFile;

  @Option(
      names = "--quantize",
      paramLabel = "GLOB",
      description =
          "Quantize tensors of these names although their names or shapes keep them; may be"
              + " repeated.")
  private String[] quantize;

  @Option(
      names = "--target-size",
      paramLabel = "SIZE",
      converter = ShardSize.class,
      description =
          "Choose widths so that the model has this size, companion files excepted: 1500m, 1.5g,"
              + " 1.5GiB.")
  private Long targetSize;

  @Option(
      names = "--target-bpw",
      paramLabel = "BITS",
      description = "The same in bits per weight, everything included.")
  private Double targetBpw;

  @Option(
      names = "--sensitivity",
      paramLabel = "GLOB=FACTOR",
      description =
          "What squared errors in tensors of these names count where a target size spreads bits"
              + " (default: 1); may be repeated, the first that fits decides.")
  private Map<String, Double> sensitivities;

  @Option(
      names = "--keep",
      paramLabel = "GLOB",
      description = "Keep tensors of these names as they are; may be repeated.")
  private String[] keep;

  @Option(
      names = "--include",
      paramLabel = "GLOB",
      description = "Take only tensors of these names; may be repeated.")
  private String[] include;

  @Option(
      names = "--exclude",
      paramLabel = "GLOB",
      description = "Leave tensors of these names out; may be repeated.")
  private String[] exclude;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description =
          "Settings in YAML or JSON; ARROW_QUANT_* variables are stronger, options strongest.")
  private Path file;

  @Option(
      names = "--max-memory",
      paramLabel = "MIB",
      description = "Memory outside the heap, in MiB (default: 512).")
  private Integer maxMemory;

  @Option(
      names = {"-t", "--threads"},
      paramLabel = "N",
      description = "Workers (default: one per processor).")
  private Integer threads;

  /** The settings, checked; an option whose value is not allowed is wrong usage. */
  DiffusionQuantConfig config() {
    return config(builder -> apply(file, builder::file));
  }

  /** Whether {@code --config} is given. */
  boolean hasFile() {
    return file != null;
  }

  /** The same with settings that stand elsewhere than in {@code --config}. */
  DiffusionQuantConfig config(Consumer<ConfigBuilder> said) {
    ConfigBuilder builder = DiffusionQuantConfig.builder().environment(System.getenv());
    said.accept(builder);
    String[] moreTypes = tensorTypeFile == null ? null : RuleFile.read(tensorTypeFile);
    try {
      apply(profile, builder::profile);
      apply(bits, builder::bitWidth);
      apply(groupSize, builder::groupSize);
      apply(method, builder::method);
      apply(target, builder::target);
      apply(modality, builder::modality);
      apply(calibration, builder::calibration);
      apply(timeAware, builder::enableTimeAware);
      apply(spatial, builder::enableSpatial);
      apply(timeGroups, builder::numTimeGroups);
      apply(minAccuracy, builder::minAccuracy);
      apply(minSqnr, builder::minSqnr);
      apply(tensorTypes, builder::tensorType);
      apply(moreTypes, builder::tensorType);
      apply(threads, builder::threads);
      apply(noFallback ? Boolean.TRUE : null, builder::failFast);
      apply(maxMemory, builder::maxMemoryLimitMb);
      apply(quantize, builder::quantize);
      apply(targetSize, bytes -> builder.targetModelSizeMb(bytes / 1e6));
      apply(targetBpw, builder::targetBpw);
      apply(sensitivities, factors -> factors.forEach(builder::sensitivity));
      apply(keep, builder::keep);
      apply(include, builder::include);
      apply(exclude, builder::exclude);
    } catch (InvalidConfigException wrong) {
      throw new ParameterException(spec.commandLine(), wrong.getMessage(), wrong);
    }
    return builder.build();
  }

  private static <T> void apply(T value, Consumer<T> setter) {
    if (value != null) {
      setter.accept(value);
    }
  }
}
