package io.arrowquant.cli.command;

import io.arrowquant.cli.file.OutputFile;
import io.arrowquant.cli.sql.DatabaseOptions;
import io.arrowquant.cli.sql.ModelDatabase;
import io.arrowquant.cli.sql.ResultFormat;
import io.arrowquant.cli.sql.SqlSession;
import io.arrowquant.core.QuotedName;
import io.arrowquant.core.StorageException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Queries a model with DuckDB. */
@Command(
    name = "sql",
    mixinStandardHelpOptions = true,
    description =
        "Query a model in SQL. Quantized models have the tables layers, weights and dequantized,"
            + " checkpoints tensors and weights; each tensor is a table of its own name in double"
            + " quotes. Without SQL, statements come from a prompt or from standard input.",
    footer =
        "%nStatements reach no network, load no extensions and touch no files but the model's,"
            + " those in folders given with --folder, and what --output names.")
final class SqlCommand implements Runnable {

  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "MODEL",
      index = "0",
      description = "A quantized model folder, or SafeTensors: a file, an index or a folder.")
  private Path model;

  @Parameters(
      paramLabel = "SQL",
      index = "1",
      arity = "0..1",
      description = "Statements to run, separated by semicolons.")
  private String sql;

  @Option(names = "-c", paramLabel = "SQL", description = "The same.")
  private String command;

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      description =
          "box, csv, json, jsonlines or markdown (default: what the name of --output ends in, else"
              + " box).")
  private ResultFormat format;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FILE",
      description = "Write the results to a file.")
  private Path file;

  @Option(names = "--overwrite", description = "Replace FILE.")
  private boolean overwrite;

  @Option(
      names = {"--memory", "--max-memory"},
      paramLabel = "SIZE",
      converter = SizeWord.class,
      description =
          "Memory for DuckDB, which spills to a temporary folder what needs more (default: 1GB).")
  private long memory = DatabaseOptions.DEFAULT_MEMORY;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Threads for DuckDB (default: one for each processor).")
  private int threads;

  @Option(
      names = "--folder",
      paramLabel = "DIR",
      description = "A folder whose files statements may read and write; repeatable.")
  private List<Path> folders = List.of();

  @Mixin private OutputOptions output;

  @Override
  public void run() {
    String text = text();
    try (ModelDatabase database =
        ModelDatabase.open(model, new DatabaseOptions(memory, threads, folders))) {
      if (file == null) {
        run(database, text, spec.commandLine().getOut());
        return;
      }
      try (OutputFile written = OutputFile.create(file, overwrite)) {
        PrintWriter out = written.writer();
        run(database, text, out);
        if (out.checkError()) {
          throw new StorageException("Cannot write " + QuotedName.of(file) + ".");
        }
        written.complete();
      }
    }
  }

  private void run(ModelDatabase database, String text, PrintWriter out) {
    SqlSession session = new SqlSession(database, format(), out, spec.commandLine().getErr());
    if (text != null) {
      session.runAll(text);
    } else {
      session.converse(System.in, output.quiet || file != null);
    }
    out.flush();
  }

  private String text() {
    if (sql != null && command != null) {
      throw new ParameterException(
          spec.commandLine(), "The SQL is given twice, as a word and with -c.");
    }
    if (threads < 0) {
      throw new ParameterException(
          spec.commandLine(), "--threads is " + threads + ", but must be a number of threads.");
    }
    if (output.json && format != null && format != ResultFormat.JSON) {
      throw new ParameterException(
          spec.commandLine(), "--json and --format " + format + " exclude each other.");
    }
    return sql != null ? sql : command;
  }

  private ResultFormat format() {
    if (output.json) {
      return ResultFormat.JSON;
    }
    if (format != null) {
      return format;
    }
    return file == null
        ? ResultFormat.BOX
        : ResultFormat.of(file)
            .orElseThrow(
                () ->
                    new ParameterException(
                        spec.commandLine(),
                        "The name of "
                            + file
                            + " says no format: it ends neither in .csv, .json, .jsonl, .md nor"
                            + " .txt, and --format is not given."));
  }
}
