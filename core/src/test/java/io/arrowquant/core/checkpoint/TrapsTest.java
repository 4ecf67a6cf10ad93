package io.arrowquant.core.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.arrowquant.core.ArrowQuantException;
import io.arrowquant.core.InvalidConfigException;
import io.arrowquant.core.InvalidHeaderException;
import io.arrowquant.core.InvalidIndexException;
import io.arrowquant.core.config.DiffusionQuantConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Pipes, devices, folders and loops where files are expected: an error at once, never a wait. */
@Timeout(20)
class TrapsTest {

  private static final String INDEX = "model.safetensors.index.json";

  @TempDir Path path;
  private Folder folder;

  @BeforeEach
  void wrap() {
    folder = new Folder(path);
    assumeTrue(Files.exists(Path.of("/dev/zero")), "no devices here: not tried");
  }

  @AfterEach
  void removeLinks() throws IOException {
    try (Stream<Path> entries = Files.list(path)) {
      for (Path link : entries.filter(Files::isSymbolicLink).toList()) {
        Files.delete(link);
      }
    }
  }

  @Test
  void weightsThatAreNoFile() throws Exception {
    for (String trap : List.of("/dev/zero", "/dev/null", "/dev/stdin", path.toString())) {
      Path link = Files.createSymbolicLink(path.resolve("model.safetensors"), Path.of(trap));
      assertRefused(ArrowQuantException.class, link);
      Files.delete(link);
    }
    assertRefused(InvalidHeaderException.class, pipe("model.safetensors"));
    assertRefused(InvalidHeaderException.class, path);
  }

  @Test
  void shardsThatAreNoFile() throws Exception {
    pipe("pipe.safetensors");
    Files.createDirectory(path.resolve("folder.safetensors"));
    Files.createSymbolicLink(path.resolve("zero.safetensors"), Path.of("/dev/zero"));
    Files.createSymbolicLink(path.resolve("loop.safetensors"), Path.of("loop.safetensors"));
    for (String shard : List.of("pipe", "folder", "zero", "loop", "absent")) {
      Path index = folder.index(INDEX, "a=" + shard + ".safetensors");
      assertRefused(ArrowQuantException.class, index);
      assertRefused(ArrowQuantException.class, path);
    }
  }

  @Test
  void anIndexThatIsNoFile() throws Exception {
    Path index = pipe(INDEX);
    assertRefused(InvalidIndexException.class, index);
    assertRefused(InvalidIndexException.class, path);
    Files.delete(index);
    Files.createSymbolicLink(index, Path.of("/dev/zero"));
    assertRefused(InvalidIndexException.class, path);
    Files.delete(index);
    Files.createSymbolicLink(index, index.getFileName());
    assertRefused(ArrowQuantException.class, index);
  }

  @Test
  void foldersThatLoop() throws IOException {
    Path loop = path.resolve("loop");
    Files.createSymbolicLink(loop, loop.getFileName());
    assertRefused(ArrowQuantException.class, loop);
    folder.file("model.safetensors", "a");
    Files.createSymbolicLink(path.resolve("self"), path);
    Path deep = path.resolve("self/self/self/self");
    assertEquals(1, Checkpoint.open(deep).tensors().size());
  }

  @Test
  void companionsThatAreNoFilesAreLeftOut() throws Exception {
    folder.file("model.safetensors", "a");
    pipe("config.json");
    Files.createSymbolicLink(path.resolve("tokenizer.json"), Path.of("/dev/zero"));
    Files.createDirectory(path.resolve("vocab.txt"));
    assertEquals(List.of(), Checkpoint.open(path).companionFiles());
  }

  @Test
  void settingsThatAreNoFile() throws Exception {
    for (Path trap : List.of(Path.of("/dev/zero"), pipe("settings.yaml"), path)) {
      assertThrows(InvalidConfigException.class, () -> DiffusionQuantConfig.builder().file(trap));
    }
  }

  private Path pipe(String name) throws Exception {
    Path pipe = path.resolve(name);
    assumeTrue(
        new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor() == 0,
        "no mkfifo here: not tried");
    return pipe;
  }

  private static void assertRefused(Class<? extends ArrowQuantException> error, Path input) {
    ArrowQuantException e = assertThrows(error, () -> Checkpoint.open(input));
    assertTrue(e.getMessage().contains("\""), e.getMessage());
  }
}
