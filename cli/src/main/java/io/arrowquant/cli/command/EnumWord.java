package io.arrowquant.cli.command;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.TypeConversionException;

/** Constants by their lower-case words; picocli's own messages list names as they are in Java. */
public record EnumWord(Class<?> type) implements ITypeConverter<Object> {

  /** Has all options of a command and its subcommands converted so whose values are constants. */
  @SuppressWarnings("unchecked") // Whatever the type, it gets what gives its constants.
  public static void register(CommandLine command) {
    for (OptionSpec option : command.getCommandSpec().options()) {
      Class<?> type = option.auxiliaryTypes()[0];
      if (type.isEnum()) {
        command.registerConverter((Class<Object>) type, new EnumWord(type));
      }
    }
    command.getSubcommands().values().forEach(EnumWord::register);
  }

  @Override
  public Object convert(String text) {
    return Arrays.stream(type.getEnumConstants())
        .filter(constant -> word(constant).equals(text.toLowerCase(Locale.ROOT)))
        .findFirst()
        .orElseThrow(
            () ->
                new TypeConversionException(
                    "'"
                        + text
                        + "' is not one of "
                        + Arrays.stream(type.getEnumConstants())
                            .map(EnumWord::word)
                            .collect(Collectors.joining(", "))));
  }

  private static String word(Object constant) {
    return ((Enum<?>) constant).name().toLowerCase(Locale.ROOT);
  }
}
