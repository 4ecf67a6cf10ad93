package io.arrowquant.cli.command;

import io.arrowquant.core.InvalidConfigException;
import io.arrowquant.core.config.ConfigBuilder;
import io.arrowquant.core.config.ConfigOption;
import io.arrowquant.core.config.DiffusionQuantConfig;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.IModelTransformer;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** How to quantize; what is not said here is left to weaker places. */
@Command // for picocli: its options are not annotated members
final class ConfigOptions {

  /** Place in a command's help of an option that comes before these; others come after them. */
  static final int BEFORE = -1000;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  /** Gives a command that has these as a mixin the options of the table. */
  static final class Table implements IModelTransformer {

    @Override
    public CommandSpec transform(CommandSpec command) {
      for (ConfigOption option : ConfigOption.values()) {
        command.addOption(spec(option));
      }
      return command;
    }

    private static OptionSpec spec(ConfigOption option) {
      OptionSpec.Builder builder =
          OptionSpec.builder(option.names().toArray(String[]::new))
              .description(option.help())
              .order(BEFORE + 1 + option.ordinal());
      return switch (option.kind()) {
        case VALUE ->
            builder
                .type(option.isFile() ? Path.class : String.class)
                .paramLabel(option.label())
                .completionCandidates(option.words().isEmpty() ? null : option.words())
                .build();
        case LIST ->
            builder
                .type(List.class)
                .auxiliaryTypes(String.class)
                .arity("1")
                .paramLabel(option.label())
                .build();
        case SWITCH -> builder.type(Boolean.class).negatable(true).build();
        case FLAG -> builder.type(Boolean.class).build();
      };
    }
  }

  /** The settings, checked; an option whose value is not allowed is wrong usage. */
  DiffusionQuantConfig config() {
    return config(builder -> {});
  }

  /** Whether {@code --config} is given. */
  boolean hasFile() {
    return said(ConfigOption.CONFIG).isPresent();
  }

  /** The same with settings that stand elsewhere. */
  DiffusionQuantConfig config(Consumer<ConfigBuilder> elsewhere) {
    ConfigBuilder builder = DiffusionQuantConfig.builder().environment(System.getenv());
    elsewhere.accept(builder);
    for (ConfigOption option : ConfigOption.values()) {
      said(option).ifPresent(values -> tell(builder, option, values));
    }
    return builder.build();
  }

  private Optional<List<String>> said(ConfigOption option) {
    Object value = spec.findOption(option.word()).getValue();
    return Optional.ofNullable(value)
        .map(
            given ->
                given instanceof List<?> list
                    ? list.stream().map(Object::toString).toList()
                    : List.of(given.toString()));
  }

  private void tell(ConfigBuilder builder, ConfigOption option, List<String> values) {
    try {
      builder.option(option, values);
    } catch (InvalidConfigException wrong) {
      throw option.isFile()
          ? wrong
          : new ParameterException(spec.commandLine(), wrong.getMessage(), wrong);
    }
  }
}
