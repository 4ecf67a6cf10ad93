package io.arrowquant.architecture;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The source files of all modules. */
final class Sources {

  /** The project's folder, seen from this module's. */
  static final Path ROOT = Path.of("..");

  private Sources() {}

  /**
   * @param set {@code main} or {@code test}
   */
  static List<Path> of(String set) throws IOException {
    List<Path> sources = new ArrayList<>();
    try (Stream<Path> modules = Files.list(ROOT)) {
      for (Path module : modules.toList()) {
        Path folder = folder(module, set);
        if (Files.isDirectory(folder)) {
          try (Stream<Path> files = Files.walk(folder)) {
            files.filter(file -> file.toString().endsWith(".java")).forEach(sources::add);
          }
        }
      }
    }
    return sources;
  }

  private static Path folder(Path module, String set) {
    return module.resolve("src").resolve(set).resolve("java");
  }
}
