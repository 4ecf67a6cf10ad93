package io.arrowquant.arrow.output;

import io.arrowquant.core.OutputExistsException;
import io.arrowquant.core.QuotedName;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Keeps two runs off one target, of this process or of others. The operating system ends the lock
 * of a process that dies, so a file left behind locks nobody out.
 */
final class TargetLock implements AutoCloseable {

  /**
   * What this process holds. On POSIX closing any descriptor of a file drops the process's lock on
   * it, so a second run must not so much as open it.
   */
  private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

  private static final int LONGEST_MARK = 1 << 16;

  private final Path file;
  private final FileChannel channel;

  private TargetLock(Path file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  /**
   * Takes the lock of a target.
   *
   * @param target absolute; its parent exists
   * @throws OutputExistsException if another run holds it
   */
  static TargetLock take(Path target) throws IOException {
    Path file = target.getParent().toRealPath().resolve("." + target.getFileName() + ".lock");
    if (!HELD.add(file)) {
      throw held(target);
    }
    boolean interrupted = false;
    try {
      while (true) {
        FileChannel channel =
            FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
          FileLock lock = channel.tryLock();
          if (lock == null) {
            throw held(target);
          }
          if (isStillNamed(file, channel)) {
            return new TargetLock(file, channel);
          }
          channel.close();
        } catch (OverlappingFileLockException e) { // this process, by another path
          channel.close();
          throw held(target);
        } catch (ClosedByInterruptException e) {
          // To stop here would leave the file; whoever waits for the lock stops soon after.
          interrupted |= Thread.interrupted();
        } catch (IOException | RuntimeException e) {
          channel.close();
          throw e;
        }
      }
    } catch (IOException | RuntimeException e) {
      HELD.remove(file);
      throw e;
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /**
   * Whether the locked file still has its name: its last holder may have removed it between our
   * opening and our locking, and then others lock the next file of that name. The file's length
   * tells, since that can be asked for without opening.
   */
  private static boolean isStillNamed(Path file, FileChannel channel) throws IOException {
    int mark = ThreadLocalRandom.current().nextInt(LONGEST_MARK);
    channel.truncate(0);
    channel.write(ByteBuffer.allocate(1), mark);
    try {
      return Files.size(file) == mark + 1L;
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  private static OutputExistsException held(Path target) {
    return new OutputExistsException("Another run is writing " + QuotedName.of(target) + ".");
  }

  /** Removes the file while it is locked, then lets go. */
  @Override
  public void close() throws IOException {
    try (channel) {
      Files.deleteIfExists(file);
    } finally {
      HELD.remove(file);
    }
  }
}
