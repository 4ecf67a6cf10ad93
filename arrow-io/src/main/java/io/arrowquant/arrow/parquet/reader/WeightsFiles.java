package io.arrowquant.arrow.parquet.reader;

import io.arrowquant.arrow.parquet.Manifest;
import io.arrowquant.arrow.parquet.ModelFile;
import io.arrowquant.core.InvalidModelException;
import io.arrowquant.core.QuotedName;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** The weights files that a manifest lists: no others count, and none may be missing. */
final class WeightsFiles {

  private WeightsFiles() {}

  /** In the order of the manifest, each checked to lie in the model's folder of weights. */
  static List<Path> of(Path model, Manifest manifest) {
    Path weights = model.resolve("weights").normalize();
    Set<Path> files = new LinkedHashSet<>();
    for (ModelFile listed : manifest.files()) {
      if (!listed.path().startsWith("weights/")) {
        continue;
      }
      Path path = resolve(model, listed.path());
      if (!weights.equals(path.getParent())) {
        throw new InvalidModelException(
            QuotedName.of(model) + " lists a weights file outside its folder.");
      }
      if (!Files.isRegularFile(path)) {
        throw new InvalidModelException(
            QuotedName.of(model) + " lacks " + QuotedName.of(listed.path()) + " of its manifest.");
      }
      if (!files.add(path)) {
        throw new InvalidModelException(
            QuotedName.of(model) + " lists " + QuotedName.of(listed.path()) + " twice.");
      }
    }
    return List.copyOf(files);
  }

  private static Path resolve(Path model, String listed) {
    try {
      return model.resolve(listed).normalize();
    } catch (InvalidPathException e) {
      throw new InvalidModelException(
          QuotedName.of(model) + " lists " + QuotedName.of(listed) + ", which is no path.", e);
    }
  }
}
