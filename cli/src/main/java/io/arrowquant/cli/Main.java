package io.arrowquant.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.arrowquant.cli.command.EnumWord;
import io.arrowquant.cli.command.ExitCode;
import io.arrowquant.cli.command.RootCommand;
import io.arrowquant.cli.text.Printable;
import io.arrowquant.core.ArrowQuantException;
import io.arrowquant.core.remote.RemotePath;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.TypeConversionException;
import picocli.CommandLine.UnmatchedArgumentException;

/** The {@code arrowquant} command. */
public final class Main {

  private Main() {}

  public static void main(String[] args) {
    // Digits in the output are those that scripts read, whatever the language of the machine.
    Locale.setDefault(Locale.Category.FORMAT, Locale.ROOT);
    PrintWriter out = writer(FileDescriptor.out);
    PrintWriter err = writer(FileDescriptor.err);
    Interruption interruption = Interruption.watch(Thread.currentThread());
    int code = run(out, err, args);
    out.flush();
    err.flush();
    interruption.done();
    System.exit(code);
  }

  /**
   * Runs one command in this process.
   *
   * @return the exit code
   */
  public static int run(PrintWriter out, PrintWriter err, String... args) {
    CommandLine line = commandLine().setOut(out).setErr(err);
    try {
      return line.execute(args);
    } catch (Throwable unexpected) { // errors: picocli hands exceptions alone to its handler
      return report(err, unexpected, false);
    }
  }

  static CommandLine commandLine() {
    CommandLine line = new CommandLine(new RootCommand());
    EnumWord.register(line);
    line.registerConverter(Path.class, Main::path);
    line.setParameterExceptionHandler(Main::wrongUsage);
    line.setExecutionExceptionHandler(Main::failed);
    line.setExecutionStrategy(Main::execute);
    line.setHelpFactory(WholeWords::new);
    line.getCommandSpec().usageMessage().exitCodeListHeading("%nExit codes:%n");
    line.getCommandSpec().usageMessage().exitCodeList(ExitCode.help());
    return line;
  }

  private static Path path(String text) {
    try {
      return RemotePath.orLocal(text);
    } catch (ArrowQuantException e) {
      throw new TypeConversionException(e.getMessage());
    }
  }

  /** picocli forgives words that it does not know where help is asked for. */
  private static int execute(ParseResult parsed) {
    ParseResult deepest = deepest(parsed);
    if (!deepest.unmatched().isEmpty()) {
      throw new UnmatchedArgumentException(
          deepest.commandSpec().commandLine(), deepest.unmatched());
    }
    return new CommandLine.RunLast().execute(parsed);
  }

  private static int wrongUsage(ParameterException wrong, String[] args) {
    PrintWriter err = wrong.getCommandLine().getErr();
    err.println("arrowquant: " + Printable.line(wrong.getMessage()));
    if (!UnmatchedArgumentException.printSuggestions(wrong, err)) {
      String name = wrong.getCommandLine().getCommandSpec().qualifiedName();
      err.println("Try '" + name + " --help'.");
    }
    err.flush();
    return ExitCode.USAGE.number();
  }

  private static int failed(Exception failure, CommandLine line, ParseResult parsed) {
    return report(line.getErr(), failure, deepest(parsed).hasMatchedOption("--verbose"));
  }

  private static ParseResult deepest(ParseResult parsed) {
    ParseResult deepest = parsed;
    while (deepest.hasSubcommand()) {
      deepest = deepest.subcommand();
    }
    return deepest;
  }

  private static int report(PrintWriter err, Throwable failure, boolean verbose) {
    boolean hasMore = !(failure instanceof ArrowQuantException) && !verbose;
    err.println(
        "arrowquant: "
            + Printable.line(ExitCode.message(failure))
            + (hasMore ? "; --verbose shows where." : ""));
    if (verbose) {
      failure.printStackTrace(err);
    }
    err.flush();
    return ExitCode.of(failure).number();
  }

  /** UTF-8 whatever the locale: JSON must be, and names of tensors may need it. */
  private static PrintWriter writer(FileDescriptor descriptor) {
    return new PrintWriter(new OutputStreamWriter(new FileOutputStream(descriptor), UTF_8), false);
  }
}
