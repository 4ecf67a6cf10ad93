package io.arrowquant.cli.sql;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.cli.demo.SyntheticCheckpoint;
import io.arrowquant.core.InvalidQueryException;
import io.arrowquant.core.Progress;
import io.arrowquant.core.safetensors.DType;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import org.jline.terminal.Terminal;
import org.jline.terminal.impl.DumbTerminal;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SqlSessionTest {

  @TempDir Path folder;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private ModelDatabase database;
  private SqlSession session;

  @BeforeEach
  void open() {
    new SyntheticCheckpoint(100_000, DType.BF16, 1, 1).write(folder, Progress.NONE);
    database = ModelDatabase.open(folder, DatabaseOptions.DEFAULT);
    session =
        new SqlSession(database, ResultFormat.CSV, new PrintWriter(out), new PrintWriter(err));
  }

  @AfterEach
  void close() {
    database.close();
  }

  @Test
  void statementsOfAStreamMayCoverLinesAndTheLastNeedsNoEnd() {
    converse("select 1 as a;\nselect\n  ';' as b; select 3 as c\n");
    assertEquals("a\n1\nb\n;\nc\n3\n", out.toString());
  }

  @Test
  void theFirstErrorEndsAStream() {
    assertThrows(
        InvalidQueryException.class, () -> converse("select 1 as a;\nselect x;\nselect 2;\n"));
    assertEquals("a\n1\n", out.toString());
  }

  @Test
  void linesThatBeginWithADotAreObeyed() {
    converse(".tables\n.nothing\n.quit\nselect 1;\n");
    String text = out.toString();
    assertTrue(text.contains("\ntensors\n") || text.startsWith("tensors\n"), text);
    assertTrue(text.contains(" tensors, each a table of its own name"), text);
    assertTrue(text.endsWith("There is no .nothing; .help says what there is.\n"), text);
  }

  @Test
  void noStatementAtAllIsAnError() {
    assertThrows(InvalidQueryException.class, () -> session.runAll(" -- nothing\n"));
  }

  /** Where somebody types, an error ends nothing, and a line goes on until its semicolon. */
  @Test
  void aPromptGoesOnAfterAnError() throws IOException {
    ByteArrayInputStream typed =
        new ByteArrayInputStream("select x;\nselect\n7 as a;\n.exit\nselect 8;\n".getBytes(UTF_8));
    ByteArrayOutputStream shown = new ByteArrayOutputStream();
    String home = System.getProperty("user.home");
    System.setProperty("user.home", folder.toString()); // the history's place
    try (Terminal terminal = new DumbTerminal(typed, shown)) {
      new SqlPrompt(session, database, terminal).converse();
    } finally {
      System.setProperty("user.home", home);
    }
    assertEquals("a\n7\n", out.toString());
    assertTrue(err.toString().startsWith("arrowquant: "), err.toString());
    assertTrue(shown.toString(UTF_8).contains("tensors. Statements end with a semicolon"));
  }

  private void converse(String text) {
    session.converse(new ByteArrayInputStream(text.getBytes(UTF_8)), true);
  }
}
