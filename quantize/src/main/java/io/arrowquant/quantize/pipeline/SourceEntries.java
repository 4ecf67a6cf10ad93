package io.arrowquant.quantize.pipeline;

import io.arrowquant.arrow.parquet.Manifest;
import io.arrowquant.core.ArrowQuantException;
import io.arrowquant.core.checkpoint.Checkpoint;
import io.arrowquant.core.remote.FileVersion;
import io.arrowquant.core.remote.RemotePath;
import io.arrowquant.core.safetensors.SafeTensorsHeader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.zip.CRC32C;

/** A checkpoint's files as a model records them: enough to know them again. */
final class SourceEntries {

  private final Checkpoint checkpoint;

  SourceEntries(Checkpoint checkpoint) {
    this.checkpoint = checkpoint;
  }

  List<Manifest.SourceEntry> list() {
    return checkpoint.files().stream()
        .map(this::entry)
        .sorted(Comparator.comparing(Manifest.SourceEntry::file))
        .toList();
  }

  private Manifest.SourceEntry entry(SafeTensorsHeader header) {
    return new Manifest.SourceEntry(
        checkpoint.relative(header.file()),
        header.fileSize(),
        Integer.toUnsignedLong(headerCrc(header)),
        header.metadata(),
        origin(header.file()));
  }

  private static Manifest.RemoteOrigin origin(Path file) {
    if (!(file instanceof RemotePath remote)) {
      return null;
    }
    try {
      return new Manifest.RemoteOrigin(
          remote.toString(),
          remote.commit().orElse(null),
          remote.file().version().flatMap(FileVersion::identity).orElse(null));
    } catch (IOException e) {
      throw ArrowQuantException.whileReading(file, e);
    }
  }

  private static int headerCrc(SafeTensorsHeader header) {
    CRC32C crc = new CRC32C();
    try (InputStream in = Files.newInputStream(header.file())) {
      crc.update(in.readNBytes(Math.toIntExact(header.dataStart())));
    } catch (IOException e) {
      throw ArrowQuantException.whileReading(header.file(), e);
    }
    return (int) crc.getValue();
  }
}
