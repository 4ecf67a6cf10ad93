package io.arrowquant.core.checkpoint;

import io.arrowquant.core.ArrowQuantException;
import io.arrowquant.core.CheckpointNotFoundException;
import io.arrowquant.core.QuotedName;
import io.arrowquant.core.remote.HubName;
import io.arrowquant.core.remote.RemotePath;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A model of the Hub that the local cache may hold. Where the revision is a commit, which never
 * changes, and the cache holds the weights that its own indexes name, nobody is asked. Else the Hub
 * is asked which files the revision has, and the cache serves where it holds all weights among
 * them. Offline, what the cache has is taken.
 */
final class CachedHubModel {

  private CachedHubModel() {}

  /** The path in the cache, or the remote one where the cache does not hold all of it. */
  static Path orRemote(RemotePath path, OpenOptions options) {
    HuggingFaceCache cache = options.cache();
    Optional<HubName> name = path.hubName();
    try {
      if (name.isEmpty()) {
        return path.prefetchModel();
      }
      if (path.isOffline()) {
        return offline(name.get(), path, cache);
      }
      Optional<Path> pinned =
          Optional.of(name.get())
              .filter(HubName::isPinned)
              .flatMap(n -> cache.snapshot(n.repository(), n.revision()))
              .map(snapshot -> snapshot.resolve(path.name()))
              .filter(snapshot -> new PinnedSnapshot(snapshot, options.variant()).suffices());
      if (pinned.isPresent()) {
        return pinned.get();
      }
      Optional<Path> cached =
          path.commit()
              .flatMap(commit -> cache.snapshot(name.get().repository(), commit))
              .map(snapshot -> snapshot.resolve(path.name()))
              .filter(snapshot -> holdsAll(snapshot, path));
      return cached.isPresent() ? cached.get() : path.prefetchModel();
    } catch (IOException e) {
      throw ArrowQuantException.whileReading(path, e);
    }
  }

  private static Path offline(HubName name, RemotePath path, HuggingFaceCache cache) {
    Optional<String> commit =
        name.isPinned()
            ? Optional.of(name.revision())
            : cache.commit(name.repository(), name.revision());
    return commit
        .flatMap(c -> cache.snapshot(name.repository(), c))
        .map(snapshot -> snapshot.resolve(path.name()))
        .filter(Files::exists)
        .orElseThrow(
            () ->
                new CheckpointNotFoundException(
                    QuotedName.of(path)
                        + " is not in the Hugging Face cache "
                        + QuotedName.of(cache.root())
                        + ", and HF_HUB_OFFLINE says not to ask the Hub."));
  }

  private static boolean holdsAll(Path cached, RemotePath path) {
    try {
      if (Files.isRegularFile(cached)) {
        // An index needs the shards beside it.
        return !cached.toString().endsWith(".json")
            || holdsAll(cached.getParent(), path.getParent());
      }
      return path.filesBelow().stream()
          .filter(file -> file.contains(".safetensors"))
          .allMatch(file -> Files.isRegularFile(cached.resolve(file)));
    } catch (IOException e) {
      throw ArrowQuantException.whileReading(path, e);
    }
  }
}
