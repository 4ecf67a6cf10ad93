package io.arrowquant.core.remote;

import java.nio.file.Path;
import java.util.Map;

/** Where huggingface_hub keeps what it knows and has fetched. */
public final class HuggingFaceHome {

  private HuggingFaceHome() {}

  /** HF_HOME, or {@code huggingface} in XDG_CACHE_HOME or in {@code .cache} at home. */
  public static Path of(Map<String, String> environment, Path home) {
    String hfHome = environment.getOrDefault("HF_HOME", "");
    if (!hfHome.isEmpty()) {
      return Path.of(hfHome);
    }
    String xdg = environment.getOrDefault("XDG_CACHE_HOME", "");
    Path cache = xdg.isEmpty() ? home.resolve(".cache") : Path.of(xdg);
    return cache.resolve("huggingface");
  }
}
