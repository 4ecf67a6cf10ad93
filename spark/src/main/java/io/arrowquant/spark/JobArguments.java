package io.arrowquant.spark;

import io.arrowquant.core.ByteSize;
import io.arrowquant.core.InvalidConfigException;
import io.arrowquant.core.QuotedName;
import io.arrowquant.core.config.ConfigBuilder;
import io.arrowquant.core.config.ConfigOption;
import io.arrowquant.core.config.DiffusionQuantConfig;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the command line of a job says: the options of {@code arrowquant quantize}, from the same
 * table, and some of its own; {@code --name value} and {@code --name=value} are one.
 */
record JobArguments(String input, String output, DiffusionQuantConfig config, JobOptions options) {

  private static final long LEAST_TASK = 1_000_000;

  /**
   * @param environment as {@link System#getenv()} gives it
   * @throws InvalidConfigException if an option is unknown, lacks its value or has one that is not
   *     allowed
   */
  static JobArguments parse(Map<String, String> environment, String... arguments) {
    Parser parser = new Parser();
    Iterator<String> words = Arrays.asList(arguments).iterator();
    while (words.hasNext()) {
      parser.take(words.next(), words);
    }
    if (parser.input == null || parser.output == null) {
      throw new InvalidConfigException(
          "The job needs " + (parser.input == null ? "--input" : "--output") + " with a location.");
    }
    ConfigBuilder builder = DiffusionQuantConfig.builder().environment(environment);
    parser.said.forEach(builder::option);
    return new JobArguments(parser.input, parser.output, builder.build(), parser.options);
  }

  /** Reads options one by one. */
  private static final class Parser {

    private final Map<ConfigOption, List<String>> said = new EnumMap<>(ConfigOption.class);
    private String input;
    private String output;
    private JobOptions options = JobOptions.DEFAULT;

    void take(String word, Iterator<String> rest) {
      int equals = word.startsWith("--") ? word.indexOf('=') : -1;
      String name = equals < 0 ? word : word.substring(0, equals);
      if (equals < 0 && takeFlag(name)) {
        return;
      }
      if (!name.startsWith("-")) {
        throw unknown(word);
      }
      if (equals < 0 && !rest.hasNext()) {
        throw new InvalidConfigException("The option " + name + " has no value, or is unknown.");
      }
      takeValue(name, equals < 0 ? rest.next() : word.substring(equals + 1));
    }

    private boolean takeFlag(String name) {
      Optional<ConfigOption> setting = ConfigOption.find(name).filter(o -> !takesValue(o));
      setting.ifPresent(option -> add(option, option.said(name)));
      switch (name) {
        case "--overwrite" -> options = options.withOverwrite(true);
        case "--allow-requantize" -> options = options.withAllowRequantize(true);
        default -> {
          return setting.isPresent();
        }
      }
      return true;
    }

    private void takeValue(String name, String value) {
      switch (name) {
        case "-i", "--input" -> input = value;
        case "-o", "--output" -> output = value;
        case "--task-size" -> options = options.withTaskBytes(taskBytes(value));
        default ->
            add(
                ConfigOption.find(name).filter(Parser::takesValue).orElseThrow(() -> unknown(name)),
                value);
      }
    }

    private static boolean takesValue(ConfigOption option) {
      return option.kind() == ConfigOption.Kind.VALUE || option.kind() == ConfigOption.Kind.LIST;
    }

    private void add(ConfigOption option, String value) {
      List<String> values = said.computeIfAbsent(option, o -> new ArrayList<>());
      if (!values.isEmpty() && option.kind() == ConfigOption.Kind.VALUE) {
        throw new InvalidConfigException("The option " + option.word() + " is given twice.");
      }
      values.add(value);
    }

    private static long taskBytes(String value) {
      return ByteSize.parse(value).stream()
          .filter(bytes -> bytes >= LEAST_TASK)
          .findFirst()
          .orElseThrow(
              () ->
                  new InvalidConfigException(
                      "--task-size is "
                          + QuotedName.of(value)
                          + ", but must be a size of 1 MB or more, such as 256MiB or 1.5g."));
    }

    private static InvalidConfigException unknown(String word) {
      return new InvalidConfigException("There is no option " + QuotedName.of(word) + ".");
    }
  }
}
