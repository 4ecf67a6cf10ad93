package io.arrowquant.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.cli.command.ExitCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MainTest {

  @TempDir Path folder;

  @Test
  void anUnknownCommandIsWrongUsageEvenWhereHelpIsAskedFor() {
    for (String[] words :
        new String[][] {
          {"frobnicate", "--help"}, {"frobnicate"}, {"inspect", "--frob", "--help"}
        }) {
      Ran ran = Ran.command((Object[]) words);
      assertEquals(2, ran.code(), ran.out());
      assertTrue(ran.err().contains("frob"), ran.err());
    }
    assertEquals(0, Ran.command("inspect", "--help").code());
  }

  @Test
  void completionAndManualPagesNameEveryCommand(@TempDir Path folder) throws IOException {
    Ran completion = Ran.command("generate-completion");
    assertEquals(0, completion.code(), completion.err());
    assertEquals(0, Ran.command("generate-man", "-o", folder).code());
    for (String command : List.of("quantize", "inspect", "dequantize", "verify", "diff")) {
      assertTrue(completion.out().contains(command), command);
      String page = Files.readString(folder.resolve("arrowquant-" + command + ".1"));
      assertTrue(page.startsWith(".TH ARROWQUANT"), page);
      assertTrue(page.contains("\\fB\\-q, \\-\\-quiet\\fR"), page);
      assertTrue(page.contains(".SH EXIT STATUS"), page);
    }
  }

  @Test
  void helpListsCommandsAndExitCodes() {
    Ran ran = Ran.command("--help");
    assertEquals(0, ran.code());
    assertTrue(ran.out().contains("inspect"), ran.out());
    for (ExitCode code : ExitCode.values()) {
      assertTrue(ran.out().contains(code.meaning()), code.meaning());
    }
    assertEquals("", ran.err());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "nonsense", "inspect", "inspect --nonsense x", "quantize a b", "config"})
  void wrongUsageIsTwoAndSaysWhereHelpIs(String line) {
    Ran ran = Ran.command((Object[]) (line.isEmpty() ? new String[0] : line.split(" ")));
    assertEquals(2, ran.code());
    assertEquals("", ran.out());
    assertTrue(ran.err().startsWith("arrowquant: "), ran.err());
  }

  @Test
  void aFailureIsOneSentenceAndVerboseShowsWhere() {
    Path missing = folder.resolve("missing");
    Ran ran = Ran.command("inspect", missing.toString());
    assertEquals(ExitCode.NOT_FOUND.number(), ran.code());
    assertEquals(1, ran.err().lines().count(), ran.err());
    assertFalse(ran.err().contains("Exception"), ran.err());
    assertTrue(ran.err().contains(missing.toString()), ran.err());

    Ran verbose = Ran.command("inspect", "--verbose", missing.toString());
    assertTrue(verbose.err().contains("\tat "), verbose.err());
  }

  @Test
  void controlCharactersDoNotReachTheTerminal() throws IOException {
    Path file = folder.resolve("a\u001b[2Jb.safetensors");
    Files.writeString(file, "not a model at all");
    Ran ran = Ran.command("inspect", file.toString());
    assertEquals(ExitCode.HEADER.number(), ran.code());
    assertFalse(ran.err().contains("\u001b"), ran.err());
  }
}
