package io.arrowquant.core.remote;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Nothing here asks a server. */
class RemoteUriTest {

  @TempDir Path cache;

  private RemotePath path(String address) {
    return RemotePath.of(address, RemoteOptions.of(Map.of(), cache));
  }

  @ParameterizedTest
  @CsvSource({
    "https://host/models/model.safetensors, https://host/models/model.safetensors",
    "https://host, https://host",
    "https://host:81/a%20b%5B1%5D/100%25.safetensors, https://host:81/a%20b%5B1%5D/100%25.safetensors",
    "https://host/%C3%BC%7B/m%5E%7C.safetensors, https://host/%C3%BC%7B/m%5E%7C.safetensors",
    "https://me:word@host/m.safetensors?sig=1, https://host/m.safetensors",
    "http://[::1]:8080/x%25y/m.safetensors, http://[::1]:8080/x%25y/m.safetensors",
    "hf://org/name/unet/a b.safetensors, hf://org/name/unet/a%20b.safetensors",
    "hf://org/name@refs/pr/1/100%.safetensors, hf://org/name%40refs/pr/1/100%25.safetensors"
  })
  void itsUriHasEveryCharacterEncodedAndNoCredentials(String address, String uri) {
    assertEquals(uri, path(address).toUri().toString());
  }

  @Test
  void aRelativePathHasTheUriOfTheAbsoluteOne() {
    RemotePath file = path("https://host/a%5Bb/model.safetensors");
    RemotePath relative = file.getParent().relativize(file);
    assertTrue(!relative.isAbsolute());
    assertEquals(file.toUri(), relative.toUri());
  }
}
