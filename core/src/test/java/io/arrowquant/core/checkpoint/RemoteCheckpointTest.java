package io.arrowquant.core.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.core.ArrowQuantException;
import io.arrowquant.core.CheckpointNotFoundException;
import io.arrowquant.core.InvalidIndexException;
import io.arrowquant.core.remote.LoopbackHub;
import io.arrowquant.core.remote.RemoteOptions;
import io.arrowquant.core.remote.RemotePath;
import io.arrowquant.core.safetensors.TestFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Checkpoints on servers, opened by a few requests. */
class RemoteCheckpointTest {

  @TempDir Path folder;

  private Path model;
  private LoopbackHub hub;
  private final Map<String, String> environment = new HashMap<>();

  @BeforeEach
  void serve() throws IOException {
    model = Files.createDirectory(folder.resolve("model"));
    hub = new LoopbackHub(model);
    environment.put("HF_ENDPOINT", hub.endpoint());
  }

  @AfterEach
  void stop() {
    hub.close();
  }

  private void write(String name, String tensor, int bytes) throws IOException {
    Path file = model.resolve(name);
    Files.createDirectories(file.getParent());
    String header = "{" + TestFiles.tensor(tensor, "U8", "[" + bytes + "]", 0, bytes) + "}";
    Files.write(file, TestFiles.file(header, bytes));
  }

  private void writeShards(int count) throws IOException {
    StringBuilder map = new StringBuilder();
    for (int i = 1; i <= count; i++) {
      String name = "model-%05d-of-%05d.safetensors".formatted(i, count);
      write(name, "t" + i, 300_000);
      map.append(i == 1 ? "" : ", ").append("\"t" + i + "\": \"" + name + "\"");
    }
    Files.writeString(
        model.resolve("model.safetensors.index.json"), "{\"weight_map\": {" + map + "}}");
  }

  private RemotePath path(String address) {
    return RemotePath.of(address, RemoteOptions.of(environment, folder));
  }

  private Checkpoint open(String address) {
    return Checkpoint.open(path(address), options());
  }

  private OpenOptions options() {
    return OpenOptions.defaults().withCache(HuggingFaceCache.of(environment, folder));
  }

  @Test
  void aFileTakesOneRequestOf100Kilobytes() throws IOException {
    write("model.safetensors", "a", 400_000);
    Checkpoint checkpoint = open(hub.files() + "/model.safetensors");
    assertEquals("a", checkpoint.tensors().get(0).name());
    assertEquals(1, hub.requests().size());
    assertEquals("bytes=0-99999", hub.requests().get(0).range());
    assertEquals(hub.files() + "/model.safetensors", checkpoint.path().toString());
    assertEquals(Map.of("model.safetensors", Map.of()), checkpoint.metadata());
  }

  @Test
  void aLongHeaderTakesASecond() throws IOException {
    String metadata = "\"__metadata__\":{\"k\":\"" + "v".repeat(2_500_000) + "\"}";
    byte[] file = TestFiles.file("{" + metadata + "}", 0);
    Files.write(model.resolve("model.safetensors"), file);
    RemotePath path = path(hub.files() + "/model.safetensors");
    assertEquals(2_500_000, Checkpoint.open(path).files().get(0).metadata().get("k").length());
    assertEquals(2, path.traffic().requests());
    assertEquals("bytes=100000-" + (file.length - 1), hub.requests().get(1).range());
  }

  @Test
  void shardsAndConfigurationAreUnderWayTogether() throws IOException {
    writeShards(30);
    Files.writeString(model.resolve("config.json"), "{}");
    hub.delay(200);
    long start = System.nanoTime();
    RemotePath path = path("hf://org/name");
    Checkpoint checkpoint = Checkpoint.open(path, options());
    double seconds = (System.nanoTime() - start) / 1e9;
    assertEquals(30, checkpoint.files().size());
    assertEquals(List.of("config.json", "model.safetensors.index.json"), names(checkpoint));
    // The listing, two small files, and for each shard a redirect and its first bytes.
    assertEquals(3 + 2 * 30, path.traffic().requests());
    assertTrue(seconds < 6, "one after the other they take 12 seconds: " + seconds);
  }

  private static List<String> names(Checkpoint checkpoint) {
    return checkpoint.companionFiles().stream().map(Path::toString).toList();
  }

  @Test
  void allFilesAreOfOneCommit() throws IOException {
    write("model.safetensors", "a", 400_000);
    RemotePath path = path("hf://org/name@main");
    assertEquals(LoopbackHub.COMMIT, path.commit().orElseThrow());
    hub.commit("f".repeat(40));
    // The file of the old commit is gone from this hub: what is asked for is not the new one's.
    assertThrows(CheckpointNotFoundException.class, () -> Checkpoint.open(path, options()));
    assertTrue(hub.requests().get(1).path().contains("/resolve/" + LoopbackHub.COMMIT + "/"));
  }

  @Test
  void theCacheServesWhatItHoldsOfTheCommit() throws IOException {
    write("model.safetensors", "a", 400_000);
    Path cached = folder.resolve(".cache/huggingface/hub/models--org--name");
    Path snapshot = Files.createDirectories(cached.resolve("snapshots/" + LoopbackHub.COMMIT));
    Files.writeString(snapshot.resolve("config.json"), "{}");
    assertTrue(open("hf://org/name").path() instanceof RemotePath, "the weights are not cached");
    Files.copy(model.resolve("model.safetensors"), snapshot.resolve("model.safetensors"));
    int before = hub.requests().size();
    assertEquals(snapshot, open("hf://org/name").path());
    assertEquals(before + 1, hub.requests().size(), "only the listing is asked for");
    assertEquals(snapshot, open("hf://org/name@" + LoopbackHub.COMMIT).path());
    assertEquals(before + 1, hub.requests().size(), "a commit never changes");

    environment.put("HF_HUB_OFFLINE", "1");
    assertThrows(CheckpointNotFoundException.class, () -> open("hf://org/name"));
    assertEquals(snapshot, open("hf://org/name@" + LoopbackHub.COMMIT).path());
    Files.createDirectories(cached.resolve("refs"));
    Files.writeString(cached.resolve("refs/main"), LoopbackHub.COMMIT);
    assertEquals(snapshot, open("hf://org/name").path());
    assertEquals(before + 1, hub.requests().size(), "offline nobody is asked");
  }

  /** Copies the model's files into the cache of the commit, except those of a name. */
  private Path cache(String except) throws IOException {
    Path models = folder.resolve(".cache/huggingface/hub/models--org--name");
    Path snapshot = models.resolve("snapshots/" + LoopbackHub.COMMIT);
    try (Stream<Path> files = Files.walk(model)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Path copy = snapshot.resolve(model.relativize(file).toString());
        Files.createDirectories(copy.getParent());
        if (!file.endsWith(except)) {
          Files.copy(file, copy, StandardCopyOption.REPLACE_EXISTING);
        }
      }
    }
    return snapshot;
  }

  /** Whether nobody is asked for a path of the commit, once the rest of the model is cached. */
  private boolean isCachedWithout(String except, String path) throws IOException {
    Path snapshot = cache(except);
    int before = hub.requests().size();
    String address = "hf://org/name@" + LoopbackHub.COMMIT + path;
    boolean cached = open(address).path().equals(snapshot.resolve(path.replaceAll("^/", "")));
    assertEquals(cached, hub.requests().size() == before, "asked");
    return cached;
  }

  @Test
  void ofACommitOnlyWhatTheCacheLacksIsAskedFor() throws IOException {
    writeShards(2);
    String shard = "model-00002-of-00002.safetensors";
    assertFalse(isCachedWithout(shard, ""));
    assertFalse(isCachedWithout(shard, "/model.safetensors.index.json"));
    assertTrue(isCachedWithout("none", ""));
    assertTrue(isCachedWithout("none", "/" + shard));
    assertTrue(isCachedWithout("none", "/model.safetensors.index.json"));
  }

  @Test
  void aCommitOfDiffusersNeedsAllComponents() throws IOException {
    Files.writeString(
        model.resolve("model_index.json"),
        """
        {"_class_name": "Pipe", "unet": ["diffusers", "UNet"], "vae": ["diffusers", "VAE"],
         "scheduler": ["diffusers", "Euler"], "image_encoder": [null, null]}""");
    write("unet/diffusion_pytorch_model.safetensors", "w", 100);
    write("vae/diffusion_pytorch_model.safetensors", "w", 100);
    Files.writeString(model.resolve("vae/config.json"), "{}");
    Files.createDirectory(model.resolve("scheduler"));
    Files.writeString(model.resolve("scheduler/scheduler_config.json"), "{}");
    assertFalse(isCachedWithout("vae/diffusion_pytorch_model.safetensors", ""));
    assertTrue(isCachedWithout("none", ""));
    assertTrue(isCachedWithout("none", "/unet"));
  }

  @Test
  void pathsThatHaveBeenFoldedAreUnderstood() throws IOException {
    write("model.safetensors", "a", 400);
    Path folded = Path.of(hub.files() + "/model.safetensors");
    assertFalse(folded instanceof RemotePath);
    assertEquals(1, Checkpoint.open(folded).tensors().size());
  }

  @Test
  void foldersOfDiffusersAndFoldersOfServers() throws IOException {
    Files.writeString(model.resolve("model_index.json"), "{\"_class_name\": \"Pipe\"}");
    write("unet/diffusion_pytorch_model.safetensors", "w", 100);
    write("vae/diffusion_pytorch_model.safetensors", "w", 100);
    Checkpoint diffusers = open("hf://org/name");
    assertEquals("unet/w", diffusers.tensors().get(0).name());
    assertEquals(2, diffusers.tensors().size());
    assertEquals("w", open("hf://org/name/vae").tensors().get(0).name());
    assertEquals("w", open(hub.files() + "/unet/").tensors().get(0).name());
  }

  @Test
  void whatIsMissingIsNamed() throws IOException {
    writeShards(2);
    Files.delete(model.resolve("model-00002-of-00002.safetensors"));
    String index = hub.files() + "/model.safetensors.index.json";
    String message = assertThrows(InvalidIndexException.class, () -> open(index)).getMessage();
    assertTrue(message.contains("model-00002-of-00002.safetensors\", which is missing"), message);
    for (String absent : List.of("hf://org/other", "hf://org/name/none", hub.files() + "/x/")) {
      ArrowQuantException e =
          assertThrows(CheckpointNotFoundException.class, () -> open(absent), absent);
      assertFalse(e.getMessage().isEmpty());
    }
  }

  @Test
  void claimsAreNotBelieved() throws IOException {
    Files.write(model.resolve("model.safetensors"), TestFiles.file(99_999_999, new byte[9], 5));
    assertThrows(ArrowQuantException.class, () -> open(hub.files() + "/model.safetensors"));
  }
}
