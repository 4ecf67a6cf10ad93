package io.arrowquant.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/** Where a bench keeps its files: given and kept, or temporary and deleted at the end. */
record Folder(Path path, boolean temporary) implements AutoCloseable {

  /**
   * @param given the user's, or null
   */
  static Folder of(Path given) throws IOException {
    if (given == null) {
      return new Folder(Files.createTempDirectory("arrowquant-bench"), true);
    }
    return new Folder(Files.createDirectories(given).toRealPath(), false);
  }

  Path resolve(String name) {
    return path.resolve(name);
  }

  @Override
  public void close() throws IOException {
    if (temporary) {
      delete(path);
    }
  }

  /** Deletes a folder with all that is in it, if it is there. */
  static void delete(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    try (Stream<Path> tree = Files.walk(folder)) {
      for (Path entry : tree.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(entry);
      }
    }
  }
}
