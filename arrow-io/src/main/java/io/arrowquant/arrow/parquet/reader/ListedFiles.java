package io.arrowquant.arrow.parquet.reader;

import io.arrowquant.arrow.parquet.Manifest;
import io.arrowquant.arrow.parquet.ModelFile;
import io.arrowquant.core.ArrowQuantException;
import io.arrowquant.core.InvalidModelException;
import io.arrowquant.core.QuotedName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The files that a manifest lists, held against what is there: no others count, none may be missing
 * or of another size.
 */
final class ListedFiles {

  private ListedFiles() {}

  /** The weights files in the order of the manifest, each in the model's folder of weights. */
  static List<Path> weights(Path model, Manifest manifest) {
    Path weights = model.resolve(ModelFile.WEIGHTS).normalize();
    Set<Path> files = new LinkedHashSet<>();
    for (ModelFile listed : manifest.files()) {
      if (!listed.isWeights()) {
        continue;
      }
      Path path =
          listed
              .in(model)
              .orElseThrow(
                  () ->
                      new InvalidModelException(
                          QuotedName.of(model)
                              + " lists "
                              + QuotedName.of(listed.path())
                              + ", which is no path in it."));
      if (!weights.equals(path.getParent())) {
        throw new InvalidModelException(
            QuotedName.of(model) + " lists a weights file outside its folder.");
      }
      checkSize(model, path, listed);
      if (!files.add(path)) {
        throw new InvalidModelException(
            QuotedName.of(model) + " lists " + QuotedName.of(listed.path()) + " twice.");
      }
    }
    return List.copyOf(files);
  }

  /** {@code layers.parquet}, its checksum compared: all else is read by what it says. */
  static Path layers(Path model, Manifest manifest) {
    ModelFile listed =
        manifest.files().stream()
            .filter(file -> file.path().equals(ModelFile.LAYERS))
            .findFirst()
            .orElseThrow(
                () ->
                    new InvalidModelException(
                        QuotedName.of(model)
                            + " does not list "
                            + ModelFile.LAYERS
                            + " in its manifest."));
    Path path = model.resolve(ModelFile.LAYERS);
    checkSize(model, path, listed);
    if (!listed.matches(path, read -> {})) {
      throw new InvalidModelException(
          QuotedName.of(path) + " is damaged: it does not match its checksum in the manifest.");
    }
    return path;
  }

  private static void checkSize(Path model, Path path, ModelFile listed) {
    if (!Files.isRegularFile(path)) {
      throw new InvalidModelException(
          QuotedName.of(model) + " lacks " + QuotedName.of(listed.path()) + " of its manifest.");
    }
    try {
      long size = Files.size(path);
      if (size != listed.size()) {
        throw new InvalidModelException(
            QuotedName.of(path)
                + " has "
                + size
                + " bytes; its manifest says "
                + listed.size()
                + ".");
      }
    } catch (IOException e) {
      throw ArrowQuantException.whileReading(path, e);
    }
  }
}
