package io.arrowquant.cli.command;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** How many threads work. */
final class WorkerOptions {

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = {"-t", "--threads"},
      paramLabel = "N",
      description = "Workers (default: one per processor).")
  private Integer threads;

  /** What was asked for, or the number of processors. */
  int count() {
    if (threads == null) {
      return Runtime.getRuntime().availableProcessors();
    }
    if (threads < 1) {
      throw new ParameterException(
          spec.commandLine(), "--threads is " + threads + ", but must be at least 1.");
    }
    return threads;
  }
}
