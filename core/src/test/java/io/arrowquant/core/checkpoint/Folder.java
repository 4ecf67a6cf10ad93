package io.arrowquant.core.checkpoint;

import io.arrowquant.core.safetensors.TestFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;

/** A folder of small checkpoints for tests; each tensor is four bytes of U8. */
record Folder(Path path) {

  Folder sub(String name) {
    return new Folder(path.resolve(name));
  }

  /** A SafeTensors file with these tensors. */
  Path file(String name, String... tensors) {
    StringBuilder header = new StringBuilder("{");
    for (int i = 0; i < tensors.length; i++) {
      header
          .append(i == 0 ? "" : ",")
          .append(TestFiles.tensor(tensors[i], "U8", "[4]", 4L * i, 4L * i + 4));
    }
    return write(name, TestFiles.file(header.append('}').toString(), 4 * tensors.length));
  }

  /** An index from {@code tensor=shard} pairs. */
  Path index(String name, String... pairs) {
    return write(
        name,
        Arrays.stream(pairs)
            .map(p -> p.split("=", -1))
            .map(p -> "\"" + p[0] + "\":\"" + p[1] + "\"")
            .collect(Collectors.joining(",", "{\"weight_map\":{", "}}")));
  }

  Path write(String name, String text) {
    return write(name, text.getBytes(StandardCharsets.UTF_8));
  }

  Path write(String name, byte[] content) {
    try {
      Path file = path.resolve(name);
      Files.createDirectories(file.getParent());
      return Files.write(file, content);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
