package io.arrowquant.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.arrowquant.cli.Ran;
import io.arrowquant.cli.demo.SyntheticCheckpoint;
import io.arrowquant.core.Progress;
import io.arrowquant.core.remote.Fault;
import io.arrowquant.core.remote.LoopbackHub;
import io.arrowquant.core.safetensors.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Commands that are given the address of a model. */
class RemoteCommandsTest {

  @TempDir Path folder;

  private LoopbackHub hub;
  private String address;

  @BeforeEach
  void serve() {
    new SyntheticCheckpoint(300_000, DType.BF16, 1, 1)
        .write(folder.resolve("model"), Progress.NONE);
    hub = new LoopbackHub(folder.resolve("model"));
    address = hub.files() + "/" + name();
  }

  private String name() {
    return folder.resolve("model").toFile().list((d, n) -> n.endsWith(".safetensors"))[0];
  }

  @AfterEach
  void stop() {
    hub.close();
  }

  @Test
  void inspectEndsWithWhatItTook() {
    Ran ran = Ran.command("inspect", address);
    assertEquals(0, ran.code(), ran.err());
    assertTrue(ran.out().matches("(?s).*\n1 request, 100 kB fetched\n"), ran.out());
    JsonNode network = Ran.command("inspect", address, "--json").json().path("network");
    assertEquals(1, network.path("requests").asInt());
    assertEquals(100_000, network.path("bytes").asInt());
  }

  @Test
  void inspectOnTheHubWithATokenThatIsNotShown() {
    Map<String, String> environment =
        Map.of(
            "HF_ENDPOINT", hub.endpoint(), "HF_TOKEN", "hf_secret", "HF_HOME", folder.toString());
    Ran ran = Ran.withEnvironment(environment, "inspect", "hf://org/name", "--verbose");
    assertEquals(0, ran.code(), ran.err());
    assertTrue(ran.out().matches("(?s).* requests, \\d+ kB fetched\n"), ran.out());
    assertEquals("Bearer hf_secret", hub.requests().get(0).authorization());
    hub.fail(r -> Fault.UNAUTHORIZED);
    Ran refused = Ran.withEnvironment(environment, "inspect", "hf://org/name", "--verbose");
    assertEquals(13, refused.code(), refused.err());
    assertTrue(refused.err().contains("the Hub does not accept the token"), refused.err());
    assertFalse((ran.out() + ran.err() + refused.err()).contains("hf_secret"));
  }

  @Test
  void offlineTheCacheIsLookedAtAlone() throws IOException {
    Path cached = folder.resolve("cache").resolve("models--org--name");
    Path snapshot = Files.createDirectories(cached.resolve("snapshots/" + LoopbackHub.COMMIT));
    Map<String, String> environment =
        Map.of(
            "HF_ENDPOINT", hub.endpoint(),
            "HF_HUB_OFFLINE", "1",
            "HF_HUB_CACHE", folder.resolve("cache").toString());
    Ran missing = Ran.withEnvironment(environment, "inspect", "hf://org/name");
    assertEquals(3, missing.code(), missing.err());
    assertTrue(missing.err().contains("HF_HUB_OFFLINE"), missing.err());
    Files.createDirectories(cached.resolve("refs"));
    Files.writeString(cached.resolve("refs/main"), LoopbackHub.COMMIT);
    Files.copy(folder.resolve("model").resolve(name()), snapshot.resolve(name()));
    Ran found = Ran.withEnvironment(environment, "inspect", "hf://org/name");
    assertEquals(0, found.code(), found.err());
    assertEquals(0, hub.requests().size());
  }

  @Test
  void aCommitInTheCacheNeedsNoHub() throws IOException {
    Path cached = folder.resolve("cache").resolve("models--org--name");
    Path snapshot = Files.createDirectories(cached.resolve("snapshots/" + LoopbackHub.COMMIT));
    Files.copy(folder.resolve("model").resolve(name()), snapshot.resolve(name()));
    Map<String, String> environment =
        Map.of("HF_ENDPOINT", hub.endpoint(), "HF_HUB_CACHE", folder.resolve("cache").toString());
    hub.fail(r -> Fault.UNAUTHORIZED);
    String commit = "hf://org/name@" + LoopbackHub.COMMIT;
    Ran found = Ran.withEnvironment(environment, "inspect", commit);
    assertEquals(0, found.code(), found.err());
    Ran dry = Ran.withEnvironment(environment, "quantize", commit, "--dry-run");
    assertEquals(0, dry.code(), dry.err());
    assertEquals(0, hub.requests().size());
  }

  @Test
  void quantizeFromAServer() throws IOException {
    Path near = folder.resolve("near");
    Path far = folder.resolve("far");
    Ran dry = Ran.command("quantize", address, "--dry-run");
    assertTrue(dry.out().endsWith("1 request, 100 kB fetched\n"), dry.out());
    Ran local = Ran.command("quantize", folder.resolve("model"), "-o", near);
    Ran remote = Ran.command("quantize", address, "-o", far, "--validate");
    assertEquals(0, local.code(), local.err());
    assertEquals(0, remote.code(), remote.err());
    assertTrue(remote.out().contains(" fetched\n"), remote.out());
    String layers = "layers.parquet";
    assertEquals(-1, Files.mismatch(near.resolve(layers), far.resolve(layers)));
  }

  @Test
  void withoutRangesADownloadIsTheWayOut() {
    hub.fail(r -> Fault.NO_RANGES);
    Ran refused = Ran.command("inspect", address);
    assertEquals(13, refused.code());
    assertTrue(refused.err().contains("--download"), refused.err());
    Ran downloaded = Ran.command("quantize", address, "-o", folder.resolve("out"), "--download");
    assertEquals(0, downloaded.code(), downloaded.err());
    Ran local = Ran.command("inspect", folder.resolve("model"), "--download");
    assertEquals(2, local.code(), local.err());
  }

  @Test
  void credentialsInAddressesStayUnseen() {
    String signed = address.replace("//", "//me:pass@") + "?X-Sig=geheim";
    Ran ran = Ran.command("inspect", signed, "--verbose");
    hub.fail(r -> Fault.FORBIDDEN);
    Ran refused = Ran.command("inspect", signed, "--verbose");
    assertEquals(0, ran.code(), ran.err());
    assertEquals(13, refused.code(), refused.err());
    for (String text : new String[] {ran.out(), ran.err(), refused.out(), refused.err()}) {
      assertFalse(text.contains("pass") || text.contains("geheim"), text);
    }
  }

  @Test
  void whatIsMissingAndWhatCannotBeWritten() {
    assertEquals(3, Ran.command("inspect", hub.files() + "/none.safetensors").code());
    Ran written = Ran.command("quantize", address, "-o", hub.files() + "/out");
    assertEquals(11, written.code(), written.err());
    assertEquals(2, Ran.command("inspect", "hf://nothing").code());
  }
}
