package io.arrowquant.core.remote;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.core.CheckpointNotFoundException;
import io.arrowquant.core.InvalidConfigException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RemoteOptionsTest {

  @TempDir Path home;

  @Test
  void theTokenComesFromWhereHuggingFaceKeepsIt() throws IOException {
    assertEquals(Optional.empty(), RemoteOptions.of(Map.of(), home).token());
    Path usual = home.resolve(".cache/huggingface/token");
    Files.createDirectories(usual.getParent());
    Files.writeString(usual, "hf_usual\n");
    assertEquals(Optional.of("hf_usual"), RemoteOptions.of(Map.of(), home).token());
    Files.writeString(home.resolve("token"), "hf_home");
    Map<String, String> hfHome = Map.of("HF_HOME", home.toString());
    assertEquals(Optional.of("hf_home"), RemoteOptions.of(hfHome, home).token());
    Files.writeString(home.resolve("other"), "hf_path");
    Map<String, String> path =
        Map.of("HF_HOME", home.toString(), "HF_TOKEN_PATH", home.resolve("other").toString());
    assertEquals(Optional.of("hf_path"), RemoteOptions.of(path, home).token());
    Map<String, String> direct = Map.of("HF_TOKEN", " hf_env ", "HF_HOME", home.toString());
    assertEquals(Optional.of("hf_env"), RemoteOptions.of(direct, home).token());
  }

  @Test
  void itIsNotShown() {
    RemoteOptions options = RemoteOptions.of(Map.of("HF_TOKEN", "hf_env"), home);
    assertFalse(options.toString().contains("hf_env"));
    assertThrows(
        InvalidConfigException.class,
        () -> RemoteOptions.of(Map.of("HF_TOKEN", "a\r\nHost: b"), home));
  }

  @Test
  void endpointAndOffline() {
    assertEquals("https://huggingface.co", RemoteOptions.of(Map.of(), home).endpoint().toString());
    RemoteOptions mirror =
        RemoteOptions.of(
            Map.of("HF_ENDPOINT", "https://mirror.example/", "HF_HUB_OFFLINE", "1"), home);
    assertEquals("https://mirror.example", mirror.endpoint().toString());
    assertTrue(mirror.offline());
    assertThrows(
        InvalidConfigException.class, () -> RemoteOptions.of(Map.of("HF_ENDPOINT", "x"), home));
  }

  @Test
  void namesOnTheHub() {
    assertEquals(new HubName("org/name", "main", ""), HubName.parse("hf://org/name"));
    assertEquals(
        new HubName("org/n.a-m_e", "v1.0", "unet/x.safetensors"),
        HubName.parse("hf://org/n.a-m_e@v1.0/unet/x.safetensors"));
    assertEquals(
        new HubName("org/name", "refs/pr/3", "f"), HubName.parse("hf://org/name@refs/pr/3/f"));
    assertEquals(
        new HubName("org/name", "refs/pr/3", ""), HubName.parse("hf://org/name@refs%2Fpr%2F3"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "hf://name",
        "hf://datasets/org/name",
        "hf://org/name/../other",
        "hf://org/name@a%2F..%2F..",
        "hf://../name",
        "hf://org/name@",
        "hf://"
      })
  void otherNamesAreRefused(String address) {
    assertThrows(CheckpointNotFoundException.class, () -> HubName.parse(address));
  }
}
