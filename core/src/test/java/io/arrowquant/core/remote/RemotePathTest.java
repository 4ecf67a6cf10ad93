package io.arrowquant.core.remote;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.arrowquant.core.path.ForeignPathContract;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RemotePathTest extends ForeignPathContract {

  private LoopbackHub hub;
  private RemotePath model;

  @BeforeEach
  void serve() throws IOException {
    write();
    hub = new LoopbackHub(local);
    model = open();
  }

  private RemotePath open() {
    return RemotePath.of(
        "hf://org/name", RemoteOptions.of(Map.of("HF_ENDPOINT", hub.endpoint()), local));
  }

  @AfterEach
  void stop() {
    hub.close();
  }

  @Override
  protected Path folder() {
    return model;
  }

  /** What was read of one is not known of the other. */
  @Test
  void addressesOpenedApartAreOfTwoFileSystems() {
    assertFalse(model.equals(open()));
    assertFalse(model.startsWith(open()));
    assertThrows(IllegalArgumentException.class, () -> model.relativize(open()));
  }

  @Test
  void nothingIsWritten() {
    Path file = model.resolve("model.safetensors");
    assertFalse(Files.isWritable(file));
    assertThrows(FileSystemException.class, () -> Files.delete(file));
    assertThrows(FileSystemException.class, () -> Files.writeString(file, "other"));
    assertThrows(FileSystemException.class, () -> Files.createDirectory(model.resolve("new")));
    assertThrows(FileSystemException.class, () -> Files.move(file, model.resolve("moved")));
  }
}
