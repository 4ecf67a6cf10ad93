package io.arrowquant.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.cli.command.ExitCode;
import io.arrowquant.core.ArrowQuantException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ExitCodeTest {

  @Test
  void everyExceptionOfTheFamilyHasItsOwn() throws ReflectiveOperationException {
    Set<ExitCode> seen = new HashSet<>();
    for (Class<?> type : ArrowQuantException.class.getPermittedSubclasses()) {
      Throwable failure = (Throwable) type.getConstructor(String.class).newInstance("what");
      ExitCode code = ExitCode.of(failure);
      assertTrue(code != ExitCode.DONE && code != ExitCode.USAGE, type.getName());
      assertTrue(code != ExitCode.INTERNAL, type.getName());
      assertTrue(seen.add(code), type.getName());
    }
  }

  @Test
  void numbersAreNotUsedTwice() {
    List<Integer> numbers = new ArrayList<>();
    for (ExitCode code : ExitCode.values()) {
      numbers.add(code.number());
    }
    assertEquals(numbers.size(), Set.copyOf(numbers).size());
  }

  @Test
  void aSurpriseIsInternalAndTheJavaHeapCountsAsMemory() {
    assertEquals(ExitCode.INTERNAL, ExitCode.of(new IllegalStateException("what")));
    assertEquals(ExitCode.MEMORY, ExitCode.of(new OutOfMemoryError()));
  }

  @Test
  void theDocumentListsThem() throws IOException {
    String page = Files.readString(Path.of("..", "docs", "exit-codes.md"));
    for (ExitCode code : ExitCode.values()) {
      String line = "| " + code.number() + " | " + code.meaning();
      assertTrue(page.contains(line), line);
    }
  }
}
