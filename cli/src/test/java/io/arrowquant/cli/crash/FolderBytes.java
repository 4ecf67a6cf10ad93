package io.arrowquant.cli.crash;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.CRC32C;

/** All files of a folder, told apart by size and checksum. */
record FolderBytes(Map<String, String> files) {

  /** A file by itself counts as a folder of one; nothing there as none. */
  static FolderBytes of(Path folder) {
    Map<String, String> files = new TreeMap<>();
    if (Files.exists(folder)) {
      try (Stream<Path> tree = Files.walk(folder)) {
        for (Path file : tree.filter(Files::isRegularFile).toList()) {
          CRC32C crc = new CRC32C();
          crc.update(Files.readAllBytes(file));
          files.put(folder.relativize(file).toString(), Files.size(file) + ":" + crc.getValue());
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return new FolderBytes(files);
  }
}
