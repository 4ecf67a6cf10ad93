package io.arrowquant.quantize.export;

import io.arrowquant.arrow.parquet.writer.TargetLock;
import io.arrowquant.core.ArrowQuantException;
import io.arrowquant.core.OutputExistsException;
import io.arrowquant.core.QuotedName;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * A folder that is whole or absent: written beside the target, forced to the disk, and renamed. An
 * earlier export at the target stays until then.
 */
final class ExportFolder implements AutoCloseable {

  /** Stands in every export, written last. */
  static final String MARK = "arrowquant_export.json";

  private final Path target;
  private final Path working;
  private final boolean overwrite;
  private final TargetLock lock;

  private ExportFolder(Path target, Path working, boolean overwrite, TargetLock lock) {
    this.target = target;
    this.working = working;
    this.overwrite = overwrite;
    this.lock = lock;
  }

  /**
   * @throws OutputExistsException if something is at the target that may not be replaced, or
   *     another run is writing it
   */
  static ExportFolder create(Path output, boolean overwrite) {
    Path target = output.toAbsolutePath().normalize();
    checkReplaceable(target, overwrite);
    Path working = target.resolveSibling("." + target.getFileName() + ".partial");
    try {
      Files.createDirectories(target.getParent());
      TargetLock lock = TargetLock.take(target);
      try {
        checkReplaceable(target, overwrite);
        delete(working);
        Files.createDirectories(working);
      } catch (IOException | RuntimeException e) {
        lock.close();
        throw e;
      }
      return new ExportFolder(target, working, overwrite, lock);
    } catch (IOException e) {
      throw ArrowQuantException.whileWriting(target, e);
    }
  }

  /** Whether an export may be written here, without writing anything. */
  static void checkReplaceable(Path target, boolean overwrite) {
    if (target.getFileName() == null) {
      throw new OutputExistsException(QuotedName.of(target) + " cannot be an export's folder.");
    }
    if (!Files.exists(target) || isEmptyFolder(target)) {
      return;
    }
    if (!overwrite) {
      throw new OutputExistsException(
          QuotedName.of(target) + " exists already; choose another output or allow overwriting.");
    }
    if (!Files.exists(target.resolve(MARK))) {
      throw new OutputExistsException(
          QuotedName.of(target)
              + " is no export of ArrowQuant (it has no "
              + MARK
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
      throw ArrowQuantException.whileReading(folder, e);
    }
  }

  /** Where files go for now. */
  Path working() {
    return working;
  }

  /**
   * Gives the folder its name.
   *
   * @return its files, relative to it
   */
  List<Path> finish() {
    try {
      List<Path> files;
      try (Stream<Path> tree = Files.walk(working)) {
        files = tree.sorted().toList();
      }
      for (Path file : files) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
          channel.force(true);
        }
      }
      checkReplaceable(target, overwrite);
      Path old = target.resolveSibling("." + target.getFileName() + ".old");
      if (Files.exists(target)) {
        delete(old);
        Files.move(target, old, StandardCopyOption.ATOMIC_MOVE);
      }
      Files.move(working, target, StandardCopyOption.ATOMIC_MOVE);
      delete(old);
      return files.stream()
          .map(working::relativize)
          .filter(file -> Files.isRegularFile(target.resolve(file)))
          .toList();
    } catch (IOException e) {
      throw ArrowQuantException.whileWriting(target, e);
    }
  }

  /** Unless finished, leaves nothing behind. */
  @Override
  public void close() {
    try (lock) {
      delete(working);
    } catch (IOException e) {
      throw ArrowQuantException.whileWriting(working, e);
    }
  }

  private static void delete(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    try (Stream<Path> tree = Files.walk(folder)) {
      for (Path entry : tree.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(entry);
      }
    }
  }
}
