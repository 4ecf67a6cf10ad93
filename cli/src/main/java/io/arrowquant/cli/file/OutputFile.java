package io.arrowquant.cli.file;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;
import static java.nio.file.StandardCopyOption.REPLACE_EXISTING;

import io.arrowquant.core.ArrowQuantException;
import io.arrowquant.core.OutputExistsException;
import io.arrowquant.core.QuotedName;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A file that a command writes: under its name only once it is complete. Closing it without {@link
 * #complete} leaves nothing behind.
 */
public final class OutputFile implements AutoCloseable {

  private final Path target;
  private final Path temporary;
  private final OutputStream stream;

  private OutputFile(Path target, Path temporary, OutputStream stream) {
    this.target = target;
    this.temporary = temporary;
    this.stream = stream;
  }

  /**
   * Begins a file.
   *
   * @throws OutputExistsException if there is one and it must not be replaced
   */
  public static OutputFile create(Path target, boolean overwrite) {
    if (Files.exists(target) && (!overwrite || Files.isDirectory(target))) {
      throw new OutputExistsException(
          QuotedName.of(target)
              + (Files.isDirectory(target)
                  ? " is a folder."
                  : " exists already; --overwrite replaces it."));
    }
    try {
      Path folder = target.toAbsolutePath().getParent();
      Path temporary = Files.createTempFile(folder, "." + target.getFileName() + ".", ".tmp");
      // Temporary files are for their owner alone; this one is to be a file like any other.
      Files.delete(temporary);
      return new OutputFile(
          target, temporary, new BufferedOutputStream(Files.newOutputStream(temporary), 1 << 16));
    } catch (IOException e) {
      throw ArrowQuantException.whileWriting(target, e);
    }
  }

  public OutputStream stream() {
    return stream;
  }

  /** UTF-8; to be flushed before the file is complete. */
  public PrintWriter writer() {
    return new PrintWriter(new OutputStreamWriter(stream, UTF_8), false);
  }

  /** Puts the file under its name. */
  public void complete() {
    try {
      stream.close();
      Files.move(temporary, target, ATOMIC_MOVE, REPLACE_EXISTING);
    } catch (IOException e) {
      throw ArrowQuantException.whileWriting(target, e);
    }
  }

  @Override
  public void close() {
    try {
      try {
        stream.close();
      } finally {
        Files.deleteIfExists(temporary);
      }
    } catch (IOException e) {
      throw ArrowQuantException.whileWriting(target, e);
    }
  }
}
