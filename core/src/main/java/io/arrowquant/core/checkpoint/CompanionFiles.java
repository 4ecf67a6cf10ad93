package io.arrowquant.core.checkpoint;

import io.arrowquant.core.ArrowQuantException;
import io.arrowquant.core.QuotedName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * The small files that a model is loaded with: configuration, tokenizer, scheduler, index, licence.
 * Never weights, never code.
 */
final class CompanionFiles {

  /** The largest file carried along, in bytes. */
  static final long LARGEST = 64L << 20;

  private static final Set<String> ENDINGS =
      Set.of(".json", ".txt", ".model", ".tiktoken", ".jinja", ".vocab", ".bpe", ".spm");
  private static final Set<String> NAMES =
      Set.of("license", "license.md", "notice", "notice.md", "readme.md");

  private final Path root;
  private final List<Path> found = new ArrayList<>();
  private final List<String> warnings;

  private CompanionFiles(Path root, List<String> warnings) {
    this.root = root;
    this.warnings = warnings;
  }

  /** Relative paths of the companions in a folder and, for a diffusers folder, one level below. */
  static List<Path> find(Path root, boolean components, List<String> warnings) {
    CompanionFiles companions = new CompanionFiles(root, warnings);
    for (Path entry : CheckpointLocator.list(root)) {
      if (components && Files.isDirectory(entry)) {
        CheckpointLocator.list(entry).forEach(companions::consider);
      } else {
        companions.consider(entry);
      }
    }
    return List.copyOf(companions.found);
  }

  private void consider(Path file) {
    String name = CheckpointLocator.fileName(file).toLowerCase(Locale.ROOT);
    int dot = name.lastIndexOf('.');
    boolean wanted = NAMES.contains(name) || (dot > 0 && ENDINGS.contains(name.substring(dot)));
    if (!wanted || !Files.isRegularFile(file)) {
      return;
    }
    try {
      if (Files.size(file) <= LARGEST) {
        found.add(Path.of(root.relativize(file).toString()));
      } else {
        warnings.add(QuotedName.of(file) + " is not carried along: it is larger than 64 MiB.");
      }
    } catch (IOException e) {
      throw ArrowQuantException.whileReading(file, e);
    }
  }
}
