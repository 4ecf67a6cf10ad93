package io.arrowquant.spark;

import io.arrowquant.core.ByteSize;
import io.arrowquant.core.InvalidConfigException;
import io.arrowquant.core.QuotedName;
import io.arrowquant.core.config.ConfigBuilder;
import io.arrowquant.core.config.DiffusionQuantConfig;
import io.arrowquant.core.config.Method;
import io.arrowquant.core.config.RuleFile;
import io.arrowquant.core.config.Target;
import io.arrowquant.core.modality.Modality;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Map;
import java.util.function.Function;

/**
 * What the command line of a job says. Options are those of {@code arrowquant quantize} and mean
 * the same; {@code --name value} and {@code --name=value} are one.
 */
record JobArguments(String input, String output, DiffusionQuantConfig config, JobOptions options) {

  private static final long LEAST_TASK = 1_000_000;

  /**
   * @param environment as {@link System#getenv()} gives it
   * @throws InvalidConfigException if an option is unknown, lacks its value or has one that is not
   *     allowed
   */
  static JobArguments parse(Map<String, String> environment, String... arguments) {
    Parser parser = new Parser(DiffusionQuantConfig.builder().environment(environment));
    Iterator<String> words = Arrays.asList(arguments).iterator();
    while (words.hasNext()) {
      parser.take(words.next(), words);
    }
    if (parser.input == null || parser.output == null) {
      throw new InvalidConfigException(
          "The job needs " + (parser.input == null ? "--input" : "--output") + " with a location.");
    }
    return new JobArguments(parser.input, parser.output, parser.builder.build(), parser.options);
  }

  /** Reads options one by one. */
  private static final class Parser {

    private final ConfigBuilder builder;
    private String input;
    private String output;
    private JobOptions options = JobOptions.DEFAULT;

    Parser(ConfigBuilder builder) {
      this.builder = builder;
    }

    void take(String word, Iterator<String> rest) {
      int equals = word.startsWith("--") ? word.indexOf('=') : -1;
      if (equals < 0 && takeFlag(word)) {
        return;
      }
      String name = equals < 0 ? word : word.substring(0, equals);
      if (!name.startsWith("-")) {
        throw new InvalidConfigException(
            "There is no option " + QuotedName.of(word) + "; options begin with --.");
      }
      if (equals < 0 && !rest.hasNext()) {
        throw new InvalidConfigException("The option " + name + " has no value, or is unknown.");
      }
      takeValue(name, equals < 0 ? rest.next() : word.substring(equals + 1));
    }

    private boolean takeFlag(String name) {
      switch (name) {
        case "--time-aware" -> builder.enableTimeAware(true);
        case "--no-time-aware" -> builder.enableTimeAware(false);
        case "--spatial" -> builder.enableSpatial(true);
        case "--no-spatial" -> builder.enableSpatial(false);
        case "--no-fallback" -> builder.failFast(true);
        case "--overwrite" -> options = options.withOverwrite(true);
        case "--allow-requantize" -> options = options.withAllowRequantize(true);
        default -> {
          return false;
        }
      }
      return true;
    }

    private void takeValue(String name, String value) {
      switch (name) {
        case "-i", "--input" -> input = value;
        case "-o", "--output" -> output = value;
        case "-b", "--bits", "--bit-width" -> builder.bitWidth(value);
        case "-g", "--group-size" -> builder.groupSize(integer(name, value));
        case "--method" -> builder.method(word(name, value, Method.values(), Method::word));
        case "--profile" -> builder.profile(value);
        case "--for" -> builder.target(word(name, value, Target.values(), Target::word));
        case "--modality" -> builder.modality(word(name, value, Modality.values(), Modality::word));
        case "--calibration" -> builder.calibration(value);
        case "--time-groups" -> builder.numTimeGroups(integer(name, value));
        case "--min-accuracy" -> builder.minAccuracy(number(name, value));
        case "--min-sqnr" -> builder.minSqnr(number(name, value));
        case "--tensor-type" -> builder.tensorType(value);
        case "--tensor-type-file" -> builder.tensorType(RuleFile.read(Path.of(value)));
        case "--quantize" -> builder.quantize(value);
        case "--target-size" -> builder.targetModelSizeMb(bytes(name, value) / 1e6);
        case "--target-bpw" -> builder.targetBpw(number(name, value));
        case "--sensitivity" -> {
          int last = value.lastIndexOf('=');
          if (last < 1) {
            throw wrong(name, value, "an expression and a factor, GLOB=FACTOR");
          }
          builder.sensitivity(value.substring(0, last), number(name, value.substring(last + 1)));
        }
        case "--keep" -> builder.keep(value);
        case "--include" -> builder.include(value);
        case "--exclude" -> builder.exclude(value);
        case "--config" -> builder.file(Path.of(value));
        case "--max-memory" -> builder.maxMemoryLimitMb(integer(name, value));
        case "-t", "--threads" -> builder.threads(integer(name, value));
        case "--task-size" -> options = options.withTaskBytes(bytes(name, value));
        default ->
            throw new InvalidConfigException("There is no option " + QuotedName.of(name) + ".");
      }
    }

    private static int integer(String name, String value) {
      try {
        return Integer.parseInt(value);
      } catch (NumberFormatException e) {
        throw wrong(name, value, "a whole number");
      }
    }

    private static double number(String name, String value) {
      try {
        return Double.parseDouble(value);
      } catch (NumberFormatException e) {
        throw wrong(name, value, "a number");
      }
    }

    private static long bytes(String name, String value) {
      return ByteSize.parse(value).stream()
          .filter(bytes -> bytes >= LEAST_TASK)
          .findFirst()
          .orElseThrow(() -> wrong(name, value, "a size of 1 MB or more, such as 256MiB or 1.5g"));
    }

    private static <T> T word(String name, String value, T[] values, Function<T, String> words) {
      return Arrays.stream(values)
          .filter(v -> words.apply(v).equals(value))
          .findFirst()
          .orElseThrow(
              () ->
                  wrong(
                      name,
                      value,
                      "one of " + String.join(", ", Arrays.stream(values).map(words).toList())));
    }

    private static InvalidConfigException wrong(String name, String value, String allowed) {
      return new InvalidConfigException(
          name + " is " + QuotedName.of(value) + ", but must be " + allowed + ".");
    }
  }
}
