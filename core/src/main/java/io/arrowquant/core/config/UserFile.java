package io.arrowquant.core.config;

import io.arrowquant.core.ArrowQuantException;
import io.arrowquant.core.InvalidConfigException;
import io.arrowquant.core.QuotedName;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** A small file that users write. */
final class UserFile {

  /** The largest file read, in bytes. */
  private static final long LARGEST = 1 << 20;

  private UserFile() {}

  /**
   * All bytes of a file.
   *
   * @param kind what messages call the file, {@code settings file}
   * @throws InvalidConfigException if it is not there, no regular file or larger than 1 MiB
   * @throws io.arrowquant.core.StorageException if reading fails
   */
  static byte[] read(Path file, String kind) {
    try {
      if (Files.exists(file) && !Files.isRegularFile(file)) {
        throw new InvalidConfigException(
            "The " + kind + " " + QuotedName.of(file) + " is not a regular file.");
      }
      if (Files.size(file) > LARGEST) {
        throw new InvalidConfigException(
            "The " + kind + " " + QuotedName.of(file) + " is larger than 1 MiB.");
      }
      return Files.readAllBytes(file);
    } catch (NoSuchFileException e) {
      throw new InvalidConfigException("There is no " + kind + " " + QuotedName.of(file) + ".", e);
    } catch (IOException e) {
      throw ArrowQuantException.whileReading(file, e);
    }
  }

  /**
   * The file as text.
   *
   * @throws InvalidConfigException also if it is not text in UTF-8
   */
  static String text(Path file, String kind) {
    try {
      ByteBuffer bytes = ByteBuffer.wrap(read(file, kind));
      return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
    } catch (CharacterCodingException e) {
      throw new InvalidConfigException(
          "The " + kind + " " + QuotedName.of(file) + " is not text in UTF-8.", e);
    }
  }
}
