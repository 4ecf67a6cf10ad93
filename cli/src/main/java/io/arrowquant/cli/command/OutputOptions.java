package io.arrowquant.cli.command;

import picocli.CommandLine.Option;

/** What a command prints, and where: results on stdout, everything else on stderr. */
final class OutputOptions {

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
}
