package io.arrowquant.arrow.output;

import io.arrowquant.core.ArrowQuantException;
import io.arrowquant.core.OutputExistsException;
import io.arrowquant.core.QuotedName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Keeps an output off what it is made from. */
public final class DistinctPaths {

  private DistinctPaths() {}

  /**
   * Checks that input and output are not one, nor one inside the other, links followed as far as
   * there are files. An input that is not there is left to whoever opens it.
   *
   * @throws OutputExistsException if they are
   * @throws io.arrowquant.core.StorageException if a path cannot be resolved
   */
  public static void check(Path input, Path output) {
    if (!Files.exists(input)) {
      return;
    }
    try {
      Path in = input.toRealPath();
      Path parent = output.toAbsolutePath().normalize();
      Path missing = parent.getFileSystem().getPath("");
      while (parent != null && !Files.exists(parent)) {
        missing = parent.getFileName().resolve(missing);
        parent = parent.getParent();
      }
      Path out = parent == null ? output : parent.toRealPath().resolve(missing).normalize();
      boolean outputInInput = Files.isDirectory(in) && out.startsWith(in);
      if (outputInInput || in.startsWith(out)) {
        throw new OutputExistsException(
            "The output "
                + QuotedName.of(output)
                + " and the input "
                + QuotedName.of(input)
                + " are the same, or one lies inside the other.");
      }
    } catch (IOException e) {
      throw ArrowQuantException.whileReading(input, e);
    }
  }
}
