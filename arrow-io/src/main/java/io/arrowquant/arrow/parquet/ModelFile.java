package io.arrowquant.arrow.parquet;

import com.fasterxml.jackson.annotation.JsonIgnore;
import io.arrowquant.arrow.source.FileChecksum;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.LongConsumer;

/**
 * A file of a model folder as the manifest lists it.
 *
 * @param path relative to the folder, with forward slashes
 * @param size in bytes
 * @param rows of a Parquet file; 0 for others
 * @param crc32c CRC-32C of all its bytes, unsigned
 */
public record ModelFile(String path, long size, long rows, long crc32c) {

  /** What there is to know of each layer. */
  public static final String LAYERS = "layers.parquet";

  /** The folder of the files that are carried along from the checkpoint. */
  public static final String SOURCE = "source";

  /** The folder of the files with weights. */
  public static final String WEIGHTS = "weights";

  /** Whether it is carried along from the checkpoint, and so counts nothing. */
  @JsonIgnore
  public boolean isCompanion() {
    return path.startsWith(SOURCE + "/");
  }

  /** Whether it holds weights. */
  @JsonIgnore
  public boolean isWeights() {
    return path.startsWith(WEIGHTS + "/");
  }

  /** Bytes of a model: of all its files but the manifest and companions. */
  public static long storedBytes(List<ModelFile> files) {
    return files.stream().filter(file -> !file.isCompanion()).mapToLong(ModelFile::size).sum();
  }

  /** Where it is in a model's folder; empty where its path is none, or leads out of the folder. */
  public Optional<Path> in(Path model) {
    try {
      Path file = model.resolve(path).normalize();
      return file.startsWith(model.normalize()) ? Optional.of(file) : Optional.empty();
    } catch (InvalidPathException e) {
      return Optional.empty();
    }
  }

  /**
   * Whether the file that is there has these very bytes.
   *
   * @param read hears of bytes
   */
  public boolean matches(Path file, LongConsumer read) {
    FileChecksum found = FileChecksum.of(file, read);
    return found.size() == size && Integer.toUnsignedLong(found.crc32c()) == crc32c;
  }
}
