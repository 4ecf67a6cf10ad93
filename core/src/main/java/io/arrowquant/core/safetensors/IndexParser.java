package io.arrowquant.core.safetensors;

import io.arrowquant.core.ArrowQuantException;
import io.arrowquant.core.CheckpointNotFoundException;
import io.arrowquant.core.InvalidIndexException;
import io.arrowquant.core.QuotedName;
import io.arrowquant.core.StorageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * Reads and checks a {@code *.safetensors.index.json}: {@code weight_map} from tensor to shard, and
 * perhaps {@code metadata.total_size}. Whether the shards agree with it is for the checkpoint to
 * find out.
 */
public final class IndexParser {

  /** The longest index read, in bytes: as for a header. */
  public static final long LONGEST_INDEX = HeaderParser.LONGEST_HEADER;

  private final Path file;
  private final Map<String, Path> weightMap = new LinkedHashMap<>();
  private final Map<String, Path> shards = new HashMap<>();
  private boolean hasWeightMap;
  private OptionalDouble totalSize = OptionalDouble.empty();

  private IndexParser(Path file) {
    this.file = file;
  }

  /**
   * Reads an index file.
   *
   * @throws CheckpointNotFoundException if there is no such file
   * @throws InvalidIndexException if it breaks a rule
   * @throws StorageException if reading fails
   */
  public static SafeTensorsIndex read(Path file) {
    try {
      if (Files.exists(file) && !Files.isRegularFile(file)) {
        throw new InvalidIndexException(QuotedName.of(file) + " is not a regular file.");
      }
      long size = Files.size(file);
      if (size > LONGEST_INDEX) {
        throw new InvalidIndexException(
            QuotedName.of(file)
                + " has "
                + size
                + " bytes, more than the "
                + LONGEST_INDEX
                + " allowed for an index.");
      }
      return parse(file, Files.readAllBytes(file));
    } catch (NoSuchFileException e) {
      throw new CheckpointNotFoundException("There is no index " + QuotedName.of(file) + ".", e);
    } catch (IOException e) {
      throw ArrowQuantException.whileReading(file, e);
    }
  }

  /**
   * Reads an index from memory.
   *
   * @param file what messages and the index call it
   */
  public static SafeTensorsIndex parse(Path file, byte[] utf8) {
    IndexParser parser = new IndexParser(file);
    try {
      StrictJson.readObject(utf8, parser::readField);
    } catch (IOException e) {
      throw new InvalidIndexException(
          "The index " + QuotedName.of(file) + " is invalid: " + e.getMessage() + ".", e);
    }
    if (!parser.hasWeightMap) {
      throw new InvalidIndexException("The index " + QuotedName.of(file) + " has no weight_map.");
    }
    if (parser.weightMap.isEmpty()) {
      throw new InvalidIndexException(
          "The weight_map of the index " + QuotedName.of(file) + " is empty.");
    }
    return new SafeTensorsIndex(file, parser.weightMap, parser.totalSize);
  }

  private void readField(StrictJson json, String key) throws IOException {
    switch (key) {
      case "weight_map" -> {
        hasWeightMap = true;
        json.object(
            "weight_map",
            tensor -> weightMap.put(tensor, shard(tensor, json.string("a shard's file name"))));
      }
      case "metadata" -> json.object("metadata", k -> readMetadata(json, k));
      default -> json.skip();
    }
  }

  private void readMetadata(StrictJson json, String key) throws IOException {
    if (key.equals("total_size")) {
      totalSize = OptionalDouble.of(json.numberOrNaN());
    } else {
      json.skip();
    }
  }

  private Path shard(String tensor, String name) {
    return shards.computeIfAbsent(name, n -> checked(tensor, n));
  }

  /** Names are checked, not what links they turn out to be: caches are made of links. */
  private Path checked(String tensor, String name) {
    try {
      // A backslash or a drive letter means another file on another system.
      if (!name.isBlank() && name.indexOf('\\') < 0 && name.indexOf(':') < 0) {
        Path path = Path.of(name);
        boolean climbs = false;
        for (Path part : path) {
          climbs |= part.toString().equals("..");
        }
        Path normal = path.normalize();
        if (!path.isAbsolute() && !climbs && !normal.toString().isEmpty()) {
          return normal;
        }
      }
    } catch (InvalidPathException e) {
      // Falls through: not a name that a file can have.
    }
    throw new InvalidIndexException(
        "The index "
            + QuotedName.of(file)
            + " maps tensor "
            + QuotedName.of(tensor)
            + " to "
            + QuotedName.of(name)
            + ", which is not the name of a file inside its folder.");
  }
}
