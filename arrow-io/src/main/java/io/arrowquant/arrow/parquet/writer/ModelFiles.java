package io.arrowquant.arrow.parquet.writer;

import io.arrowquant.arrow.parquet.LayerRecord;
import io.arrowquant.arrow.parquet.Manifest;
import io.arrowquant.arrow.parquet.ModelFile;
import io.arrowquant.core.ArrowQuantException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;

/**
 * The files of a model in the making as its manifest will list them, and those beside the weights:
 * companions, {@code layers.parquet}, the manifest itself. Not for use by several threads.
 */
public final class ModelFiles {

  /** Bytes of companions that are copied at once. */
  private static final int COPIED = 1 << 16;

  private final Path folder;
  private final Map<String, String> footer;
  private final List<ModelFile> files = new ArrayList<>();

  /**
   * @param folder to write in; it exists, on any file system
   * @param footer key-value metadata for every Parquet file
   */
  public ModelFiles(Path folder, Map<String, String> footer) {
    this.folder = folder;
    this.footer = footer;
  }

  /** The name of a file of weights, numbered from 0. */
  public static String partName(int index) {
    return String.format(Locale.ROOT, ModelFile.WEIGHTS + "/part-%05d.parquet", index);
  }

  /** Lists a file that is written already. */
  public void add(ModelFile file) {
    files.add(file);
  }

  /**
   * Carries a companion file along, under {@code source/}.
   *
   * @throws io.arrowquant.core.StorageException if it cannot be read, or not be written
   */
  public void copyCompanion(Path root, Path relative) {
    Path name = Path.of(ModelFile.SOURCE).resolve(relative.toString()).normalize();
    if (!name.startsWith(ModelFile.SOURCE) || relative.isAbsolute()) {
      throw new IllegalArgumentException("a companion must lie in the checkpoint: " + relative);
    }
    String listed = name.toString().replace('\\', '/');
    Path to = folder.resolve(listed);
    Path from = root.resolve(relative);
    byte[] block = new byte[COPIED];
    try (InputStream in = open(from)) {
      Files.createDirectories(to.getParent());
      BlockFile out = new BlockFile(to);
      try (out) {
        for (int count = read(in, block, from); count >= 0; count = read(in, block, from)) {
          out.write(block, 0, count);
        }
      }
      files.add(new ModelFile(listed, out.position(), 0, Integer.toUnsignedLong(out.crc32c())));
    } catch (IOException e) {
      throw ArrowQuantException.whileWriting(to, e);
    }
  }

  private static InputStream open(Path file) {
    try {
      return Files.newInputStream(file);
    } catch (IOException e) {
      throw ArrowQuantException.whileReading(file, e);
    }
  }

  private static int read(InputStream in, byte[] block, Path file) {
    try {
      return in.read(block);
    } catch (IOException e) {
      throw ArrowQuantException.whileReading(file, e);
    }
  }

  /** Bytes of the model so far, {@code layers.parquet} excepted until it is written. */
  public long storedBytes() {
    return ModelFile.storedBytes(files);
  }

  /** Writes {@code layers.parquet}. */
  public void writeLayers(List<LayerRecord> layers) {
    files.add(LayersWriter.write(folder.resolve(ModelFile.LAYERS), layers, footer));
  }

  /**
   * Writes the manifest, whose presence makes a folder a model.
   *
   * @param manifest makes it from the files listed, sorted by path
   */
  public void writeManifest(Function<List<ModelFile>, Manifest> manifest) {
    List<ModelFile> sorted = files.stream().sorted(Comparator.comparing(ModelFile::path)).toList();
    Path file = folder.resolve(Manifest.FILE_NAME);
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW)) {
      ByteBuffer bytes = ByteBuffer.wrap(manifest.apply(sorted).toJson());
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(true);
    } catch (IOException e) {
      throw ArrowQuantException.whileWriting(file, e);
    }
  }
}
