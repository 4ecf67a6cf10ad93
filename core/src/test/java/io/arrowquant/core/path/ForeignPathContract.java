package io.arrowquant.core.path;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.ProviderMismatchException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Paths of another file system do what those of the JDK's own do. */
public abstract class ForeignPathContract {

  private static final List<String> PATHS =
      List.of("a", "a/b", "a/b/c", "b/c", "c", "a/./b", "a/b/../c", "..", "../a", "a/../../b");

  /** Of the JDK: {@code model.safetensors} and {@code folder/config.json} are in it. */
  @TempDir protected Path local;

  /** The same folder in the file system under test. */
  protected abstract Path folder();

  /** Makes {@link #local} what it is. */
  protected final void write() throws IOException {
    Files.write(local.resolve("model.safetensors"), new byte[] {1, 2, 3});
    Files.createDirectory(local.resolve("folder"));
    Files.writeString(local.resolve("folder").resolve("config.json"), "{}");
  }

  @Test
  void partsOfPaths() {
    List<Function<Path, Object>> questions =
        List.of(
            Path::isAbsolute,
            Path::getRoot,
            Path::getFileName,
            Path::getParent,
            Path::getNameCount,
            Path::normalize,
            path -> path.getName(0),
            path -> path.subpath(path.getNameCount() / 2, path.getNameCount()),
            path -> path.subpath(1, path.getNameCount() + 1),
            path -> path.isAbsolute() ? path.toAbsolutePath() : null);
    for (Function<Path, Object> question : questions) {
      alike((path, other) -> question.apply(path));
    }
  }

  @Test
  void pathsAndOthers() {
    List<BiFunction<Path, Path, Object>> questions =
        List.of(
            Path::startsWith,
            Path::endsWith,
            Path::resolve,
            Path::resolveSibling,
            Path::relativize,
            Path::equals,
            (path, other) -> path.equals(other) && path.hashCode() != other.hashCode(),
            (path, other) -> path.equals(other) == (path.compareTo(other) == 0));
    questions.forEach(this::alike);
  }

  /** Asks both file systems the same, for all pairs of paths, absolute and relative. */
  private void alike(BiFunction<Path, Path, Object> question) {
    List<Path> own = paths(folder());
    List<Path> expected = paths(local);
    for (int i = 0; i < own.size(); i++) {
      for (int j = 0; j < own.size(); j++) {
        String pair = expected.get(i) + " and " + expected.get(j);
        assertEquals(
            answer(question, expected.get(i), expected.get(j)),
            answer(question, own.get(i), own.get(j)),
            pair);
      }
    }
  }

  private static List<Path> paths(Path of) {
    Path root = of.getFileSystem().getRootDirectories().iterator().next();
    List<Path> paths = new ArrayList<>();
    for (String path : PATHS) {
      paths.add(of.getFileSystem().getPath(path));
      paths.add(root.resolve(path));
    }
    return paths;
  }

  private static Object answer(BiFunction<Path, Path, Object> question, Path path, Path other) {
    try {
      return question.apply(path, other) instanceof Path found
          ? words(found)
          : String.valueOf(question.apply(path, other));
    } catch (IllegalArgumentException e) {
      return IllegalArgumentException.class;
    }
  }

  private static List<String> words(Path path) {
    List<String> words = new ArrayList<>(List.of(path.isAbsolute() ? "absolute" : "relative"));
    path.forEach(name -> words.add(name.toString()));
    words.remove("");
    return words;
  }

  @Test
  void theEmptyPathChangesNothing() {
    Path empty = folder().getFileSystem().getPath("");
    assertEquals(folder(), folder().resolve(empty));
    assertEquals(folder(), folder().resolve(""));
    assertEquals(empty, folder().relativize(folder()));
  }

  @Test
  void pathsOfOtherFileSystems() throws IOException {
    Path given = Path.of("folder", "config.json");
    assertEquals(folder().resolve("folder/config.json"), folder().resolve(given));
    assertEquals(local, folder().resolve(local));
    assertFalse(folder().startsWith(local));
    assertFalse(folder().endsWith(given));
    assertFalse(folder().equals(local));
    assertFalse(Files.isSameFile(folder(), local));
    assertThrows(ProviderMismatchException.class, () -> folder().relativize(local));
    assertThrows(ClassCastException.class, () -> folder().compareTo(local));
  }

  @Test
  void filesAreWhatTheyAre() throws IOException {
    Path file = folder().resolve("model.safetensors");
    assertArrayEquals(new byte[] {1, 2, 3}, Files.readAllBytes(file));
    assertEquals(3, Files.size(file));
    assertTrue(Files.isRegularFile(file));
    assertTrue(Files.isDirectory(folder().resolve("folder")));
    assertTrue(Files.isSameFile(file, folder().resolve("folder/../model.safetensors")));
    assertFalse(Files.exists(folder().resolve("missing")));
    assertThrows(NoSuchFileException.class, () -> Files.size(folder().resolve("missing")));
    assertThrows(NotDirectoryException.class, () -> Files.list(file).close());
  }

  @Test
  void foldersAreListed() throws IOException {
    try (Stream<Path> entries = Files.list(folder())) {
      assertEquals(
          List.of(folder().resolve("folder"), folder().resolve("model.safetensors")),
          entries.sorted().toList());
    }
    try (Stream<Path> below = Files.walk(folder())) {
      assertEquals(4, below.count());
    }
  }
}
