package io.arrowquant.arrow.output;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.core.StorageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StagedOutputTest {

  private static final OutputKind KIND =
      new OutputKind("one of ours", folder -> Files.exists(folder.resolve("mark")), "mark");

  @TempDir Path folder;

  private Path target;
  private Path old;

  @BeforeEach
  void names() {
    target = folder.resolve("out");
    old = folder.resolve(".out.old");
  }

  private Optional<String> write(String content) throws IOException {
    try (StagedOutput staged = StagedOutput.create(target, true, KIND, false)) {
      Files.writeString(staged.folder().resolve("mark"), content);
      return staged.publish();
    }
  }

  /** A mark that is a folder with something in it is not deleted. */
  private static void makeUndeletable(Path output) throws IOException {
    Files.delete(output.resolve("mark"));
    Files.createDirectories(output.resolve("mark/inside"));
  }

  private String published() throws IOException {
    return Files.readString(target.resolve("mark"));
  }

  @Test
  void whatIsReplacedIsGone() throws IOException {
    assertEquals(Optional.empty(), write("one"));
    assertEquals(Optional.empty(), write("two"));
    assertEquals("two", published());
    assertFalse(Files.exists(old));
  }

  @Test
  void anOutputIsThereThoughWhatItReplacedCannotBeDeleted() throws IOException {
    write("one");
    makeUndeletable(target);
    Optional<String> note = write("two");
    assertEquals("two", published());
    assertTrue(note.orElseThrow().contains(old.toString()), note.toString());
    assertFalse(Files.exists(folder.resolve(".out.partial")));
  }

  @Test
  void whatCouldNotBeDeletedStopsTheNextRunBeforeItsWorkOrIsDeletedByIt() throws IOException {
    write("one");
    makeUndeletable(target);
    write("two");
    StorageException e =
        assertThrows(
            StorageException.class, () -> StagedOutput.create(target, true, KIND, false).close());
    assertTrue(e.getMessage().contains(old.toString()), e.getMessage());
    assertEquals("two", published());
    Files.delete(old.resolve("mark/inside"));
    assertEquals(Optional.empty(), write("three"));
    assertEquals("three", published());
    assertFalse(Files.exists(old));
  }

  @Test
  void aFileTakesTheTargetsNameAlone() throws IOException {
    OutputKind file = new OutputKind("a file of ours", Files::isRegularFile, null);
    for (String content : new String[] {"one", "two"}) {
      try (StagedOutput staged = StagedOutput.create(target, true, file, false)) {
        Files.writeString(staged.folder().resolve("a"), content);
        Files.writeString(staged.folder().resolve("b"), "scratch");
        assertEquals(Optional.empty(), staged.publishFile("a"));
      }
      assertEquals(content, Files.readString(target));
    }
    assertEquals(1, folder.toFile().list().length);
  }
}
