package io.arrowquant.cli.command;

import io.arrowquant.cli.text.Printable;
import java.io.PrintWriter;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What a command prints, and where: results on stdout, everything else on stderr. */
final class OutputOptions {

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(names = "--json", description = "Print the result as JSON, alone on stdout.")
  boolean json;

  @Option(
      names = {"-q", "--quiet"},
      description =
          "No progress, no warnings, and of commands that write no summary; what --json asks for is"
              + " printed.")
  boolean quiet;

  @Option(
      names = {"-v", "--verbose"},
      description = "More about how it was done; stack traces of errors.")
  boolean verbose;

  /** Says a sentence beside the result, unless the command is to be quiet. */
  void say(String sentence) {
    say(List.of(sentence));
  }

  /** Says some sentences. */
  void say(List<String> sentences) {
    if (!quiet) {
      PrintWriter err = spec.commandLine().getErr();
      sentences.forEach(sentence -> err.println("arrowquant: " + Printable.line(sentence)));
      err.flush();
    }
  }
}
