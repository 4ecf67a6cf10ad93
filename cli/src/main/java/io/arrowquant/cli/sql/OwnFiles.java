package io.arrowquant.cli.sql;

import io.arrowquant.core.InvalidQueryException;
import io.arrowquant.core.QuotedName;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;

/**
 * Keeps statements that write files from a model's own. DuckDB may open these for the views, and
 * does not tell reading from writing; so names are looked for among the statement's texts. A guard
 * against mistakes: a name that a statement puts together out of parts goes unseen.
 *
 * @param paths real paths of files and folders
 */
record OwnFiles(List<Path> paths) {

  /** Words of statements that write files; EXECUTE may run such a one. */
  private static final List<String> WRITERS = List.of("copy", "export", "execute");

  static OwnFiles of(List<Path> paths) {
    return new OwnFiles(paths.stream().map(OwnFiles::real).toList());
  }

  /**
   * @throws InvalidQueryException if the statement writes, and a text of it names what is the
   *     model's, or a folder that holds it
   */
  void check(SqlText.Statement statement) {
    if (WRITERS.stream().noneMatch(statement.words()::contains)) {
      return;
    }
    for (String text : statement.texts()) {
      // One character or none is a delimiter, a quote, or how null is written.
      if (text.length() > 1 && holds(text)) {
        throw new InvalidQueryException(
            "COPY and EXPORT must not touch the model's own files, which "
                + QuotedName.of(text)
                + " would.");
      }
    }
  }

  private boolean holds(String text) {
    String name = text.replaceFirst("^file:(//(localhost)?)?(?=/)", "");
    if (name.startsWith("~/")) {
      name = System.getProperty("user.home") + name.substring(1);
    }
    try {
      Path path = real(Path.of(name));
      return paths.stream().anyMatch(own -> path.startsWith(own) || own.startsWith(path));
    } catch (InvalidPathException noPath) {
      return false;
    }
  }

  /** With links followed as far as there are files. */
  private static Path real(Path path) {
    Path full = path.toAbsolutePath().normalize();
    try {
      return full.toRealPath();
    } catch (IOException missing) {
      Path parent = full.getParent();
      return parent == null ? full : real(parent).resolve(full.getFileName());
    }
  }
}
