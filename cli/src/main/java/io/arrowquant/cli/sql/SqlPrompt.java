package io.arrowquant.cli.sql;

import io.arrowquant.cli.text.Printable;
import io.arrowquant.core.ArrowQuantException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jline.reader.EOFError;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.ParsedLine;
import org.jline.reader.Parser;
import org.jline.reader.UserInterruptException;
import org.jline.reader.impl.DefaultParser;
import org.jline.terminal.Terminal;

/**
 * Statements typed at a terminal: several lines until a semicolon, history, Ctrl-C for the line or
 * the statement that runs, Ctrl-D to leave.
 */
final class SqlPrompt {

  private static final String PROMPT = "arrowquant> ";
  private static final String CONTINUED = "       ...> ";

  private final SqlSession session;
  private final ModelDatabase database;
  private final Terminal terminal;

  SqlPrompt(SqlSession session, ModelDatabase database, Terminal terminal) {
    this.session = session;
    this.database = database;
    this.terminal = terminal;
  }

  void converse() {
    Thread runner = Thread.currentThread();
    terminal.handle(Terminal.Signal.INT, signal -> runner.interrupt());
    LineReaderBuilder builder =
        LineReaderBuilder.builder()
            .terminal(terminal)
            .appName("arrowquant")
            .parser(new StatementParser())
            .option(LineReader.Option.DISABLE_EVENT_EXPANSION, true)
            .variable(LineReader.SECONDARY_PROMPT_PATTERN, CONTINUED)
            .variable(LineReader.INDENTATION, 0);
    Path history = Path.of(System.getProperty("user.home"), ".arrowquant_history");
    if (Files.isWritable(history.getParent())) {
      builder.variable(LineReader.HISTORY_FILE, history);
    }
    LineReader reader = builder.build();
    terminal
        .writer()
        .println(
            Printable.line(database.path().toString())
                + ": "
                + database.tensorCount()
                + " tensors. Statements end with a semicolon; .help says more.");
    while (answer(reader)) {
      Thread.interrupted(); // Ctrl-C was for the statement that ended.
    }
  }

  /** Reads and obeys; false where the session ends. */
  private boolean answer(LineReader reader) {
    try {
      String text = reader.readLine(PROMPT);
      if (text.startsWith(".")) {
        return session.command(text, terminal.writer());
      }
      session.runComplete(text + "\n");
    } catch (UserInterruptException lineGivenUp) {
      return true;
    } catch (EndOfFileException end) {
      return false;
    } catch (ArrowQuantException failure) {
      session.fail(failure);
    }
    return true;
  }

  /** A line goes on until its last statement has ended. */
  private static final class StatementParser implements Parser {
    private final Parser words = new DefaultParser();

    @Override
    public ParsedLine parse(String line, int cursor, ParseContext context) {
      boolean isWhole = line.isBlank() || line.startsWith(".") || SqlText.of(line).rest().isEmpty();
      if (context == ParseContext.ACCEPT_LINE && !isWhole) {
        throw new EOFError(-1, cursor, "a semicolon is missing");
      }
      return words.parse(line, cursor, ParseContext.COMPLETE);
    }
  }
}
