package io.arrowquant.core.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.arrowquant.core.CheckpointNotFoundException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HuggingFaceCacheTest {

  private static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";

  @TempDir Path path;

  private HuggingFaceCache withModel() throws IOException {
    Folder model = new Folder(path).sub("models--org--name");
    Path blob = model.sub("blobs").file("abc", "a");
    Path snapshot = Files.createDirectories(model.path().resolve("snapshots").resolve(COMMIT));
    Files.createSymbolicLink(
        snapshot.resolve("model.safetensors"), Path.of("../../blobs").resolve(blob.getFileName()));
    model.sub("snapshots").sub("older").file("model.safetensors", "old");
    model.write("refs/main", COMMIT + "\n");
    return new HuggingFaceCache(path);
  }

  @Test
  void bothNamesAndTheFolderItselfMeanThePinnedSnapshot() throws IOException {
    HuggingFaceCache cache = withModel();
    for (Path name :
        new Path[] {
          Path.of("org/name"), Path.of("models--org--name"), path.resolve("models--org--name")
        }) {
      Checkpoint checkpoint = Checkpoint.open(name, OpenOptions.defaults().withCache(cache));
      assertEquals("a", checkpoint.tensors().get(0).name());
      assertEquals(COMMIT, checkpoint.path().getFileName().toString());
    }
  }

  @Test
  void whatIsNotThere() throws IOException {
    HuggingFaceCache cache = withModel();
    assertEquals(Optional.empty(), cache.find("org/other"));
    assertThrows(
        CheckpointNotFoundException.class,
        () -> Checkpoint.open(Path.of("org/other"), OpenOptions.defaults().withCache(cache)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "..", "../..", "a/../..", "../snapshots/older", "/", ".hidden", "f f f f"})
  void aRefThatPinsNoSnapshot(String ref) throws IOException {
    HuggingFaceCache cache = withModel();
    Files.writeString(path.resolve("models--org--name/refs/main"), ref);
    assertThrows(CheckpointNotFoundException.class, () -> cache.find("org/name"));
  }

  @Test
  void noRefAtAll() throws IOException {
    HuggingFaceCache cache = withModel();
    Files.delete(path.resolve("models--org--name/refs/main"));
    assertThrows(CheckpointNotFoundException.class, () -> cache.find("org/name"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"../org/name", "/org/name", "a/b/c", "..", "org/..", "org/", "", "a b/c"})
  void namesThatAreNone(String name) throws IOException {
    assertEquals(Optional.empty(), withModel().find(name));
  }

  @Test
  void whereTheCacheIs() {
    Path home = Path.of("/home/u");
    assertEquals(
        new HuggingFaceCache(Path.of("/home/u/.cache/huggingface/hub")),
        HuggingFaceCache.of(Map.of("HF_HOME", ""), home));
    assertEquals(
        new HuggingFaceCache(Path.of("/x/huggingface/hub")),
        HuggingFaceCache.of(Map.of("XDG_CACHE_HOME", "/x"), home));
    assertEquals(
        new HuggingFaceCache(Path.of("/h/hub")),
        HuggingFaceCache.of(Map.of("HF_HOME", "/h", "XDG_CACHE_HOME", "/x"), home));
    assertEquals(
        new HuggingFaceCache(Path.of("/c")),
        HuggingFaceCache.of(Map.of("HF_HUB_CACHE", "/c", "HF_HOME", "/h"), home));
  }
}
