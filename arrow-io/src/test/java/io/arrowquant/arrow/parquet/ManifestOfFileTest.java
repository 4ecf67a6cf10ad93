package io.arrowquant.arrow.parquet;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.core.InvalidModelException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ManifestOfFileTest {
  @Test
  void aFileIsNoModel(@TempDir Path folder) throws Exception {
    Path file = Files.write(folder.resolve("model.safetensors"), new byte[8]);
    var e = assertThrows(InvalidModelException.class, () -> Manifest.read(file));
    assertTrue(e.getMessage().contains("is a file, but a quantized model is a folder"));
  }
}
