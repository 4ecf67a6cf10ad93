package io.arrowquant.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.arrowquant.cli.command.EnumWord;
import io.arrowquant.cli.command.ExitCode;
import io.arrowquant.cli.text.Printable;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import picocli.CommandLine;

/** The {@code arrowquant bench} command. */
public final class Main {

  private Main() {}

  public static void main(String[] args) {
    CommandLine line =
        new CommandLine(new BenchCommand())
            .setOut(writer(FileDescriptor.out))
            .setErr(writer(FileDescriptor.err))
            .setExecutionExceptionHandler(Main::failed);
    EnumWord.register(line);
    int code = line.execute(args);
    line.getOut().flush();
    System.exit(code);
  }

  private static int failed(Exception failure, CommandLine line, CommandLine.ParseResult parsed) {
    line.getErr().println("arrowquant: " + Printable.line(failure.toString()));
    return ExitCode.of(failure).number();
  }

  private static PrintWriter writer(FileDescriptor descriptor) {
    return new PrintWriter(new OutputStreamWriter(new FileOutputStream(descriptor), UTF_8), true);
  }
}
