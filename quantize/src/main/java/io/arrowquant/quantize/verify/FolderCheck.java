package io.arrowquant.quantize.verify;

import io.arrowquant.arrow.parquet.Manifest;
import io.arrowquant.arrow.parquet.ModelFile;
import io.arrowquant.core.ArrowQuantException;
import io.arrowquant.quantize.verify.Verification.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongConsumer;
import java.util.stream.Stream;

/** The files of a model folder beside what its manifest says of them. */
final class FolderCheck {

  private final Path model;
  private final Manifest manifest;

  FolderCheck(Path model, Manifest manifest) {
    this.model = model;
    this.manifest = manifest;
  }

  /** Files that any reader of the folder's weights would read though no manifest lists them. */
  List<Problem> strangers() {
    Set<Path> listed = new HashSet<>();
    manifest.files().forEach(file -> file.in(model).ifPresent(listed::add));
    List<Problem> problems = new ArrayList<>();
    Path weights = model.resolve(ModelFile.WEIGHTS);
    if (!Files.isDirectory(weights)) {
      return List.of(new Problem(ModelFile.WEIGHTS, "is missing"));
    }
    try (Stream<Path> files = Files.list(weights)) {
      for (Path file : files.sorted().toList()) {
        if (file.toString().endsWith(".parquet") && !listed.contains(file)) {
          problems.add(new Problem(model.relativize(file).toString(), "is not in the manifest"));
        }
      }
      return problems;
    } catch (IOException e) {
      throw ArrowQuantException.whileReading(weights, e);
    }
  }

  /** The sum of the files' sizes against the manifest's own. */
  List<Problem> totals() {
    long stored = ModelFile.storedBytes(manifest.files());
    long said = manifest.totals().storedBytes();
    return stored == said
        ? List.of()
        : List.of(
            new Problem(
                Manifest.FILE_NAME, "says " + said + " stored bytes; its files have " + stored));
  }

  /**
   * Reads a file whole.
   *
   * @param read hears of bytes
   * @return what is wrong with it
   */
  Optional<Problem> check(ModelFile listed, LongConsumer read) {
    Optional<Path> file = listed.in(model);
    if (file.isEmpty()) {
      return Optional.of(new Problem(listed.path(), "is listed, but is no path in the model"));
    }
    try {
      if (!Files.isRegularFile(file.get())) {
        return Optional.of(new Problem(listed.path(), "is missing"));
      }
      long size = Files.size(file.get());
      if (size != listed.size()) {
        return Optional.of(
            new Problem(listed.path(), "has " + size + " bytes; expected " + listed.size()));
      }
      return listed.matches(file.get(), read)
          ? Optional.empty()
          : Optional.of(new Problem(listed.path(), "has another CRC-32C than the manifest says"));
    } catch (IOException e) {
      throw ArrowQuantException.whileReading(file.get(), e);
    }
  }
}
