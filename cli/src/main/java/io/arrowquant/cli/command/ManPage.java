package io.arrowquant.cli.command;

import io.arrowquant.core.Version;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** A command's manual page in the man macros of roff. */
final class ManPage {

  private final StringBuilder page = new StringBuilder();

  private ManPage() {}

  static String of(CommandSpec command) {
    ManPage page = new ManPage();
    page.write(command);
    return page.page.toString();
  }

  private void write(CommandSpec command) {
    String name = command.qualifiedName("-");
    String description = String.join(" ", command.usageMessage().description());
    line(
        ".TH "
            + name.toUpperCase(Locale.ROOT)
            + " 1 \"\" \"arrowquant "
            + Version.current()
            + "\"");
    line(".SH NAME");
    text(name + " - " + description);
    line(".SH SYNOPSIS");
    Help help = new Help(command, Help.defaultColorScheme(Help.Ansi.OFF));
    text(help.synopsis(0).strip().replaceAll("\\s+", " "));
    line(".SH DESCRIPTION");
    text(description);
    if (!command.positionalParameters().isEmpty()) {
      line(".SH ARGUMENTS");
      for (PositionalParamSpec argument : command.positionalParameters()) {
        item(argument.paramLabel(), argument.description());
      }
    }
    line(".SH OPTIONS");
    for (OptionSpec option : command.options()) {
      String names = Arrays.stream(option.names()).collect(Collectors.joining(", "));
      item(
          option.arity().max() > 0 ? names + " " + option.paramLabel() : names,
          option.description());
    }
    if (!command.subcommands().isEmpty()) {
      line(".SH COMMANDS");
      command
          .subcommands()
          .forEach((word, sub) -> item(word, sub.getCommandSpec().usageMessage().description()));
    }
    line(".SH EXIT STATUS");
    ExitCode.help().forEach((number, meaning) -> item(number.strip(), meaning));
  }

  private void item(String term, String... description) {
    line(".TP");
    text("\\fB" + escape(term) + "\\fR", false);
    text(String.join(" ", description));
  }

  private void text(String text) {
    text(text, true);
  }

  private void text(String text, boolean plain) {
    String written = plain ? escape(text) : text;
    // A line that begins with a dot or an apostrophe would be a request.
    line(written.startsWith(".") || written.startsWith("'") ? "\\&" + written : written);
  }

  private static String escape(String text) {
    return text.replace("\\", "\\e").replace("-", "\\-").replace("%n", " ").replace("%%", "%");
  }

  private void line(String text) {
    page.append(text).append('\n');
  }
}
