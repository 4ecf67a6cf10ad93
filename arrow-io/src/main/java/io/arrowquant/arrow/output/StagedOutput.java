package io.arrowquant.arrow.output;

import io.arrowquant.core.ArrowQuantException;
import io.arrowquant.core.OutputExistsException;
import io.arrowquant.core.QuotedName;
import io.arrowquant.core.StorageException;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A file or folder in the making. It lies in a folder beside its place, locked against other runs,
 * and takes its name in one rename, so that the target is whole or absent; what was there stays
 * until then. Not for use by several threads.
 */
public final class StagedOutput implements AutoCloseable {

  private final Path target;
  private final Path folder;
  private final boolean overwrite;
  private final OutputKind kind;
  private final TargetLock lock;
  private boolean kept;

  private StagedOutput(
      Path target, Path folder, boolean overwrite, OutputKind kind, TargetLock lock) {
    this.target = target;
    this.folder = folder;
    this.overwrite = overwrite;
    this.kind = kind;
    this.lock = lock;
  }

  /**
   * Begins an output; the target's parent is made if it is missing.
   *
   * @param overwrite whether an old output of this kind may be replaced once the new one is there
   * @param resume whether what a stopped run left in the staging folder stays there
   * @throws OutputExistsException if something is at the target that may not be replaced, or
   *     another run is writing it
   * @throws io.arrowquant.core.StorageException if the staging folder cannot be made
   */
  public static StagedOutput create(
      Path target, boolean overwrite, OutputKind kind, boolean resume) {
    Path absolute = target.toAbsolutePath().normalize();
    checkReplaceable(absolute, overwrite, kind);
    if (absolute.getFileName() == null) {
      throw new OutputExistsException(QuotedName.of(target) + " cannot be the output.");
    }
    Path folder = sibling(absolute, "partial");
    try {
      Files.createDirectories(absolute.getParent());
      TargetLock lock = TargetLock.take(absolute);
      try {
        recover(absolute, kind);
        checkReplaceable(absolute, overwrite, kind);
        if (Files.exists(absolute)) {
          deleteLeftover(sibling(absolute, "old"), kind);
        }
        if (!resume) {
          delete(folder, kind);
        }
        Files.createDirectories(folder);
      } catch (IOException | RuntimeException e) {
        lock.close();
        throw e;
      }
      return new StagedOutput(absolute, folder, overwrite, kind, lock);
    } catch (IOException e) {
      throw ArrowQuantException.whileWriting(absolute, e);
    }
  }

  /**
   * Whether a run may write here, without writing anything.
   *
   * @throws OutputExistsException if it may not
   */
  public static void checkReplaceable(Path target, boolean overwrite, OutputKind kind) {
    if (!Files.exists(target) || isEmptyFolder(target)) {
      return;
    }
    if (!overwrite) {
      throw new OutputExistsException(
          QuotedName.of(target) + " exists already; --overwrite replaces it.");
    }
    if (!kind.isOne().test(target)) {
      throw new OutputExistsException(
          QuotedName.of(target) + " is not " + kind.name() + ", so it is not overwritten.");
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

  /** A run that died between the two renames of an overwrite left the old output aside. */
  private static void recover(Path target, OutputKind kind) throws IOException {
    Path old = sibling(target, "old");
    if (!Files.exists(target) && kind.isOne().test(old)) {
      Files.move(old, target, StandardCopyOption.ATOMIC_MOVE);
    }
  }

  /** What a run could not delete is in the next one's way: said before its work, not behind it. */
  private static void deleteLeftover(Path old, OutputKind kind) {
    try {
      delete(old, kind);
    } catch (IOException e) {
      throw new StorageException(
          "Cannot delete " + QuotedName.of(old) + ", which an earlier run replaced.", e);
    }
  }

  private static Path sibling(Path target, String ending) {
    return target.resolveSibling("." + target.getFileName() + "." + ending);
  }

  /** Where the output will be. */
  public Path target() {
    return target;
  }

  /** The folder to write in; it exists. */
  public Path folder() {
    return folder;
  }

  /**
   * Gives the whole folder the target's name. Its files are forced to the disk already.
   *
   * @return what to tell the user, where the output that was replaced could not be deleted; the
   *     next run for this target tries again
   */
  public Optional<String> publish() {
    return publish(folder);
  }

  /** The same of a file of the folder; what else is in the folder is deleted. */
  public Optional<String> publishFile(String name) {
    return publish(folder.resolve(name));
  }

  private Optional<String> publish(Path made) {
    Path old = sibling(target, "old");
    try {
      forceFolders();
      checkReplaceable(target, overwrite, kind);
      if (Files.exists(target)) {
        delete(old);
        Files.move(target, old, StandardCopyOption.ATOMIC_MOVE);
      }
      Files.move(made, target, StandardCopyOption.ATOMIC_MOVE);
      kept = false;
      forceParent();
    } catch (IOException e) {
      throw ArrowQuantException.whileWriting(target, e);
    }
    try {
      delete(old);
      return Optional.empty();
    } catch (IOException e) {
      return Optional.of(
          "What was replaced could not be deleted and is at " + QuotedName.of(old) + " now.");
    }
  }

  private void forceFolders() throws IOException {
    try (Stream<Path> tree = Files.walk(folder)) {
      for (Path each : tree.filter(Files::isDirectory).toList()) {
        force(each);
      }
    }
  }

  /** An interruption comes too late to undo anything: the output is there. */
  private void forceParent() throws IOException {
    try {
      force(target.getParent());
    } catch (ClosedByInterruptException e) {
      // The thread is still marked as interrupted.
    }
  }

  private static void force(Path folder) throws IOException {
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  /** Leaves the staging folder for a later run, unless the output is published first. */
  public void keep() {
    kept = true;
  }

  /** Lets go of the lock; what is not published is deleted, unless it is to be kept. */
  @Override
  public void close() {
    try (lock) {
      if (!kept) {
        delete(folder);
      }
    } catch (IOException e) {
      throw ArrowQuantException.whileWriting(folder, e);
    }
  }

  private void delete(Path tree) throws IOException {
    delete(tree, kind);
  }

  private static void delete(Path tree, OutputKind kind) throws IOException {
    if (kind.mark() != null && Files.isDirectory(tree, LinkOption.NOFOLLOW_LINKS)) {
      Files.deleteIfExists(tree.resolve(kind.mark()));
    }
    FileTree.delete(tree);
  }
}
