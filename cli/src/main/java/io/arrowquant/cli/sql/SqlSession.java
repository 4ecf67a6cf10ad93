package io.arrowquant.cli.sql;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.arrowquant.cli.text.Printable;
import io.arrowquant.core.ArrowQuantException;
import io.arrowquant.core.InvalidQueryException;
import io.arrowquant.core.RunInterruptedException;
import io.arrowquant.core.StorageException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.util.List;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;

/** Runs statements from an argument, a stream or a prompt, and prints what they answer. */
public final class SqlSession {

  private final ModelDatabase database;
  private final ResultFormat format;
  private final PrintWriter out;
  private final PrintWriter err;

  /**
   * @param database stays the caller's
   * @param format how answers are printed
   * @param out takes answers
   * @param err takes what a prompt has to say of failures
   */
  public SqlSession(ModelDatabase database, ResultFormat format, PrintWriter out, PrintWriter err) {
    this.database = database;
    this.format = format;
    this.out = out;
    this.err = err;
  }

  /**
   * Runs all statements of a text.
   *
   * @throws ArrowQuantException at the first that fails
   */
  public void runAll(String text) {
    List<SqlText.Statement> statements = SqlText.all(text);
    if (statements.isEmpty()) {
      throw new InvalidQueryException("There is no SQL statement.");
    }
    statements.forEach(this::run);
  }

  /**
   * Runs what comes from a terminal, where an error ends nothing, or from elsewhere, where the
   * first error ends all.
   *
   * @param isQuiet no prompt, even on a terminal
   */
  public void converse(InputStream in, boolean isQuiet) {
    if (!isQuiet) {
      try (Terminal terminal = TerminalBuilder.builder().system(true).dumb(true).build()) {
        if (!terminal.getType().startsWith(Terminal.TYPE_DUMB)) {
          new SqlPrompt(this, database, terminal).converse();
          return;
        }
      } catch (IOException e) {
        throw new StorageException("The terminal cannot be used: " + e.getMessage() + ".", e);
      }
    }
    runStream(in);
  }

  private void runStream(InputStream in) {
    BufferedReader lines = new BufferedReader(new InputStreamReader(in, UTF_8));
    String pending = "";
    try {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (pending.isEmpty() && line.startsWith(".")) {
          if (!command(line, out)) {
            return;
          }
        } else {
          pending = runComplete(pending + line + "\n");
        }
      }
    } catch (IOException e) {
      throw new StorageException("Standard input cannot be read: " + e.getMessage() + ".", e);
    }
    if (!pending.isBlank()) {
      runAll(pending);
    }
  }

  /** Runs the statements that have ended, and gives the text that is left. */
  String runComplete(String text) {
    SqlText sql = SqlText.of(text);
    sql.statements().forEach(this::run);
    return sql.rest().isEmpty() ? "" : sql.rest() + "\n";
  }

  private void run(SqlText.Statement statement) {
    try (QueryResult result = database.run(statement)) {
      if (result.isQuery()) {
        format.print(result, out);
      }
    }
    out.flush();
    if (Thread.interrupted()) {
      throw new RunInterruptedException("The query was interrupted.");
    }
  }

  /** Obeys a line that begins with a dot; false where it ends the session. */
  boolean command(String line, PrintWriter answers) {
    String word = line.strip();
    switch (word) {
      case ".exit", ".quit" -> {
        return false;
      }
      case ".help" -> answers.println(Sql.resource("help.txt").stripTrailing());
      case ".tables" -> {
        database.tableNames().forEach(name -> answers.println(Printable.line(name)));
        answers.println(
            database.tensorCount() + " tensors, each a table of its own name in double quotes");
      }
      default ->
          answers.println("There is no " + Printable.line(word) + "; .help says what there is.");
    }
    answers.flush();
    return true;
  }

  void fail(ArrowQuantException failure) {
    err.println("arrowquant: " + Printable.line(failure.getMessage()));
    err.flush();
  }
}
