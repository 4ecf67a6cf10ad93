package io.arrowquant.arrow.parquet.writer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.core.StorageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelFilesTest {

  @TempDir Path temporary;

  private Path root;
  private Path model;
  private ModelFiles files;

  @BeforeEach
  void makeFolders() throws IOException {
    root = Files.createDirectories(temporary.resolve("checkpoint/text"));
    model = Files.createDirectory(temporary.resolve("model"));
    files = new ModelFiles(model, Map.of());
  }

  private void assertFails(String start, Path of) {
    StorageException e =
        assertThrows(
            StorageException.class,
            () -> files.copyCompanion(root.getParent(), Path.of("text/vocab.txt")));
    assertTrue(e.getMessage().startsWith(start), e.getMessage());
    assertTrue(e.getMessage().contains(of.toString()), e.getMessage());
  }

  /** The same model has the same files wherever it is made. */
  @Test
  void namesHaveTheSameDigitsEverywhere() {
    Locale before = Locale.getDefault();
    try {
      Locale.setDefault(Locale.forLanguageTag("ar-EG-u-nu-arab"));
      assertEquals("weights/part-00007.parquet", ModelFiles.partName(7));
    } finally {
      Locale.setDefault(before);
    }
  }

  @Test
  void aCompanionKeepsItsPlaceAndBytes() throws IOException {
    byte[] content = new byte[200_000];
    new Random(1).nextBytes(content);
    Files.write(root.resolve("vocab.txt"), content);
    files.copyCompanion(root.getParent(), Path.of("text/vocab.txt"));
    assertArrayEquals(content, Files.readAllBytes(model.resolve("source/text/vocab.txt")));
    assertEquals(0, files.storedBytes());
  }

  @Test
  void aCompanionThatIsNotThereCannotBeRead() {
    assertFails("Cannot read ", root.resolve("vocab.txt"));
  }

  @Test
  void aCompanionThatOpensAndGivesNothingCannotBeRead() throws IOException {
    Files.createDirectory(root.resolve("vocab.txt"));
    assertFails("Cannot read ", root.resolve("vocab.txt"));
  }

  @Test
  void whereAFileIsInTheWayACompanionCannotBeWritten() throws IOException {
    Files.createFile(root.resolve("vocab.txt"));
    Files.createFile(model.resolve("source"));
    assertFails("Cannot write ", model);
  }
}
