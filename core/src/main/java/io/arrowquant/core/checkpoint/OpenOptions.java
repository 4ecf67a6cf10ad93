package io.arrowquant.core.checkpoint;

import java.nio.file.Path;
import java.util.Optional;

/**
 * How to open a checkpoint.
 *
 * @param cache where names that are no paths are looked for
 * @param variant which files to take where a folder has several: {@code fp16} for {@code
 *     model.fp16.safetensors}, empty text for those without a variant; not said, several are
 *     refused
 */
public record OpenOptions(HuggingFaceCache cache, Optional<String> variant) {

  /** The cache that the process's environment names, and no variant. */
  public static OpenOptions defaults() {
    return new OpenOptions(
        HuggingFaceCache.of(System.getenv(), Path.of(System.getProperty("user.home"))),
        Optional.empty());
  }

  public OpenOptions withCache(HuggingFaceCache other) {
    return new OpenOptions(other, variant);
  }

  public OpenOptions withVariant(String name) {
    return new OpenOptions(cache, Optional.of(name));
  }
}
