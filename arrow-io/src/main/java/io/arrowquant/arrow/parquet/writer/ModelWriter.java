package io.arrowquant.arrow.parquet.writer;

import io.arrowquant.arrow.parquet.LayerRecord;
import io.arrowquant.arrow.parquet.Manifest;
import io.arrowquant.arrow.parquet.ModelFile;
import io.arrowquant.core.ArrowQuantException;
import io.arrowquant.core.OutputExistsException;
import io.arrowquant.core.QuotedName;
import io.arrowquant.core.StorageException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Writes a model folder. Everything goes to a folder beside the target first, is forced to the
 * disk, and takes the target's name in one rename, so that the target is whole or absent; an old
 * model at the target stays until then. Not for use by several threads.
 */
public final class ModelWriter implements AutoCloseable {

  private static final int MAX_ROW_GROUPS = 2000;

  private final Path target;
  private final Path working;
  private final boolean overwrite;
  private final long maxPartBytes;
  private final Map<String, String> footer;
  private final TargetLock lock;
  private final List<ModelFile> files = new ArrayList<>();
  private PartWriter part;
  private long partBytes;
  private int parts;
  private boolean finished;

  private ModelWriter(
      Path target,
      Path working,
      boolean overwrite,
      long maxPartBytes,
      Map<String, String> footer,
      TargetLock lock) {
    this.target = target;
    this.working = working;
    this.overwrite = overwrite;
    this.maxPartBytes = maxPartBytes;
    this.footer = footer;
    this.lock = lock;
  }

  /**
   * Begins a model.
   *
   * @param target the model's folder; its parent is made if it is missing
   * @param overwrite whether a model that is there may be replaced once the new one is complete
   * @param maxPartBytes a part that has grown to this is ended
   * @param footer key-value metadata for every Parquet file
   * @throws OutputExistsException if something is at the target that may not be replaced, or
   *     another run is writing it
   * @throws StorageException if the folder cannot be made
   */
  public static ModelWriter create(
      Path target, boolean overwrite, long maxPartBytes, Map<String, String> footer) {
    Path absolute = target.toAbsolutePath().normalize();
    checkReplaceable(absolute, overwrite);
    if (absolute.getFileName() == null) {
      throw new OutputExistsException(QuotedName.of(target) + " cannot be a model folder.");
    }
    Path working = absolute.resolveSibling("." + absolute.getFileName() + ".partial");
    try {
      Files.createDirectories(absolute.getParent());
      TargetLock lock = TargetLock.take(absolute);
      try {
        recover(absolute);
        checkReplaceable(absolute, overwrite);
        delete(working);
        Files.createDirectories(working.resolve("weights"));
      } catch (IOException | RuntimeException e) {
        lock.close();
        throw e;
      }
      return new ModelWriter(absolute, working, overwrite, maxPartBytes, footer, lock);
    } catch (IOException e) {
      throw failed(absolute, e);
    }
  }

  /**
   * Whether a run may write here, without writing anything.
   *
   * @throws OutputExistsException if it may not
   */
  public static void checkReplaceable(Path target, boolean overwrite) {
    if (!Files.exists(target) || isEmptyFolder(target)) {
      return;
    }
    if (!overwrite) {
      throw new OutputExistsException(
          QuotedName.of(target) + " exists already; choose another output or allow overwriting.");
    }
    if (!Files.exists(target.resolve(Manifest.FILE_NAME))) {
      throw new OutputExistsException(
          QuotedName.of(target)
              + " is not a model written by ArrowQuant (it has no "
              + Manifest.FILE_NAME
              + "), so it is not overwritten.");
    }
  }

  private static boolean isEmptyFolder(Path folder) {
    if (!Files.isDirectory(folder)) {
      return false;
    }
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.findAny().isEmpty();
    } catch (IOException e) {
      throw failed(folder, e);
    }
  }

  /**
   * Appends a row group; the caller keeps it and closes it.
   *
   * @return bytes that it took
   */
  public long write(EncodedRowGroup group) {
    if (part != null && (part.rowGroups() >= MAX_ROW_GROUPS || partBytes >= maxPartBytes)) {
      endPart();
    }
    if (part == null) {
      part = new PartWriter(working.resolve(partName(parts)));
      partBytes = 0;
    }
    long bytes = part.write(group);
    partBytes += bytes;
    return bytes;
  }

  /** Ends the current part: the next row group begins a new one, with rows sorted anew. */
  public void endPart() {
    if (part == null) {
      return;
    }
    String name = partName(parts++);
    try (PartWriter ending = part) {
      part = null;
      ending.finish(footer);
      files.add(
          new ModelFile(
              name, ending.size(), ending.rows(), Integer.toUnsignedLong(ending.crc32c())));
    }
  }

  private static String partName(int index) {
    return String.format("weights/part-%05d.parquet", index);
  }

  /** Carries a companion file along, under {@code source/}. */
  public void copyCompanion(Path root, Path relative) {
    Path name = Path.of("source").resolve(relative.toString()).normalize();
    if (!name.startsWith("source") || relative.isAbsolute()) {
      throw new IllegalArgumentException("a companion must lie in the checkpoint: " + relative);
    }
    Path to = working.resolve(name);
    try {
      Files.createDirectories(to.getParent());
      BlockFile out = new BlockFile(to);
      try (out;
          InputStream in = Files.newInputStream(root.resolve(relative))) {
        in.transferTo(out);
      }
      String listed = name.toString().replace('\\', '/');
      files.add(new ModelFile(listed, out.position(), 0, Integer.toUnsignedLong(out.crc32c())));
    } catch (IOException e) {
      throw failed(to, e);
    }
  }

  /** Bytes of the Parquet files, {@code layers.parquet} excepted until it is written. */
  public long storedBytes() {
    return files.stream()
        .filter(f -> f.path().endsWith(".parquet") && !f.path().startsWith("source/"))
        .mapToLong(ModelFile::size)
        .sum();
  }

  /** Writes {@code layers.parquet}; no row groups may follow. */
  public void writeLayers(List<LayerRecord> layers) {
    endPart();
    files.add(LayersWriter.write(working.resolve("layers.parquet"), layers, footer));
  }

  /**
   * Writes the manifest and gives the folder its name.
   *
   * @param manifest makes the manifest from the files written
   */
  public void finish(Function<List<ModelFile>, Manifest> manifest) {
    List<ModelFile> sorted = files.stream().sorted(Comparator.comparing(ModelFile::path)).toList();
    Path file = working.resolve(Manifest.FILE_NAME);
    try {
      try (FileChannel channel =
          FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW)) {
        ByteBuffer bytes = ByteBuffer.wrap(manifest.apply(sorted).toJson());
        while (bytes.hasRemaining()) {
          channel.write(bytes);
        }
        channel.force(true);
      }
      forceFolders();
      replaceTarget();
      force(target.getParent());
      finished = true;
    } catch (IOException e) {
      throw failed(target, e);
    }
  }

  /** A run that died between the two renames of an overwrite left the old model aside. */
  private static void recover(Path target) throws IOException {
    Path old = old(target);
    if (!Files.exists(target) && Files.exists(old.resolve(Manifest.FILE_NAME))) {
      Files.move(old, target, StandardCopyOption.ATOMIC_MOVE);
    }
  }

  private static Path old(Path target) {
    return target.resolveSibling("." + target.getFileName() + ".old");
  }

  private void replaceTarget() throws IOException {
    checkReplaceable(target, overwrite);
    Path old = old(target);
    if (Files.exists(target)) {
      delete(old);
      Files.move(target, old, StandardCopyOption.ATOMIC_MOVE);
    }
    Files.move(working, target, StandardCopyOption.ATOMIC_MOVE);
    delete(old);
  }

  private void forceFolders() throws IOException {
    try (Stream<Path> tree = Files.walk(working)) {
      for (Path folder : tree.filter(Files::isDirectory).toList()) {
        force(folder);
      }
    }
  }

  private static void force(Path folder) throws IOException {
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  /** Unless the model was finished, leaves nothing behind. */
  @Override
  public void close() {
    try (lock) {
      try {
        if (part != null) {
          PartWriter ending = part;
          part = null;
          ending.close();
        }
      } finally { // an interrupted part fails to close, which must not keep the rest
        if (!finished) {
          delete(working);
        }
      }
    } catch (IOException e) {
      throw failed(working, e);
    }
  }

  /** Its manifest first, so that what a crash leaves of a model is not taken for one. */
  private static void delete(Path folder) throws IOException {
    if (!Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    if (Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
      Files.deleteIfExists(folder.resolve(Manifest.FILE_NAME));
    }
    try (Stream<Path> tree = Files.walk(folder)) {
      for (Path entry : tree.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(entry);
      }
    }
  }

  private static ArrowQuantException failed(Path path, IOException e) {
    return ArrowQuantException.whileWriting(path, e);
  }
}
