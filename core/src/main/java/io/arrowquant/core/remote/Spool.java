package io.arrowquant.core.remote;

import io.arrowquant.core.QuotedName;
import io.arrowquant.core.RemoteException;
import io.arrowquant.core.StorageException;
import io.arrowquant.core.remote.RemoteClient.Answer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpHeaders;
import java.net.http.HttpResponse.ResponseInfo;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Whole files on the local disk, for servers without ranges: each is fetched when it is first
 * needed, by whoever needs it first, and all are deleted in the end.
 */
final class Spool implements AutoCloseable {

  private final Path parent;
  private final Thread atExit = new Thread(this::close);
  private final Map<RemoteFile, Copy> copies = new HashMap<>();
  private Path folder;

  /** A file's place on the disk; its lock is held while it is fetched, and no other's. */
  private static final class Copy {
    private final Path path;
    private boolean whole;

    private Copy(Path path) {
      this.path = path;
    }
  }

  /**
   * @param parent where there is room for the files
   */
  Spool(Path parent) {
    this.parent = parent;
  }

  /**
   * The local copy of a file.
   *
   * @throws NoSuchFileException if the server has no such file
   * @throws StorageException if the copy cannot be written
   */
  Path of(RemoteFile file) throws NoSuchFileException {
    Copy copy = copy(file);
    synchronized (copy) {
      if (!copy.whole) {
        fetch(file, copy.path);
        copy.whole = true;
      }
    }
    return copy.path;
  }

  private synchronized Copy copy(RemoteFile file) {
    if (folder == null) {
      try {
        folder = Files.createTempDirectory(parent, "arrowquant-download-");
      } catch (IOException e) {
        throw unwritable(file, e);
      }
      Runtime.getRuntime().addShutdownHook(atExit);
    }
    Path path = folder.resolve(copies.size() + ".safetensors");
    return copies.computeIfAbsent(file, f -> new Copy(path));
  }

  private void fetch(RemoteFile file, Path copy) throws NoSuchFileException {
    boolean whole = false;
    try (FileChannel channel = create(file, copy)) {
      fetch(file, channel);
      whole = true;
    } catch (NoSuchFileException e) {
      throw e;
    } catch (IOException | UncheckedIOException e) {
      throw unwritable(file, e);
    } finally {
      if (!whole) {
        delete(copy);
      }
    }
  }

  private FileChannel create(RemoteFile file, Path copy) {
    try {
      return FileChannel.open(copy, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    } catch (IOException e) {
      throw unwritable(file, e);
    }
  }

  private StorageException unwritable(RemoteFile file, Exception cause) {
    return new StorageException(
        "Cannot write " + QuotedName.of(file.display()) + " below " + QuotedName.of(parent) + ".",
        cause);
  }

  private static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new StorageException("Cannot delete " + QuotedName.of(file) + ".", e);
    }
  }

  private static void fetch(RemoteFile file, FileChannel copy) throws IOException {
    Retries retries = file.retries();
    while (true) {
      // The rest of a file is of use only where it can be told to be of the same version.
      long before = file.version().isEmpty() ? 0 : copy.size();
      Optional<String> rest = before == 0 ? Optional.empty() : Optional.of("bytes=" + before + "-");
      Transfer transfer = new Transfer(file, copy);
      Answer answer;
      try {
        answer = file.ask(rest, transfer::body);
      } catch (UncheckedIOException e) {
        throw e.getCause();
      } catch (IOException e) {
        file.forgetWay();
        retries.afterBreak(e);
        continue;
      }
      if (transfer.refusal != null) {
        throw transfer.refusal;
      }
      retries.progress(answer.bytes());
      if (!transfer.taken) {
        file.bear(answer, retries);
      } else if (answer.failure() != null) {
        file.forgetWay();
        retries.afterBreak(answer.failure());
      } else {
        file.pin(FileVersion.of(copy.size(), answer.headers(), answer.redirect()));
        return;
      }
    }
  }

  /** One answer, perhaps after a part of the file is there. */
  private static final class Transfer {

    private final RemoteFile file;
    private final FileChannel copy;
    private boolean taken;
    private RuntimeException refusal;

    Transfer(RemoteFile file, FileChannel copy) {
      this.file = file;
      this.copy = copy;
    }

    /** A server that has ranges after all goes on where it broke off; another one begins anew. */
    BodyReader body(ResponseInfo info, Optional<HttpHeaders> redirect) {
      try {
        OptionalLong start = start(info, redirect);
        if (start.isEmpty()) {
          return null;
        }
        taken = true;
        return new BodyReader(
            Long.MAX_VALUE,
            (offset, bytes) -> write(copy, start.getAsLong() + offset, bytes),
            file.traffic());
      } catch (IOException e) {
        refusal = new UncheckedIOException(e);
        return null;
      } catch (RemoteException e) {
        refusal = e;
        return null;
      }
    }

    /** Where the answer's bytes belong; empty if it has none of them. */
    private OptionalLong start(ResponseInfo info, Optional<HttpHeaders> redirect)
        throws IOException {
      HttpHeaders headers = info.headers();
      if (info.statusCode() == 206) {
        Optional<ContentRange> range =
            headers.firstValue("Content-Range").flatMap(ContentRange::parse);
        if (range.isEmpty() || range.get().first() != copy.size()) {
          return OptionalLong.empty();
        }
        file.pin(FileVersion.of(range.get().total(), headers, redirect));
        return OptionalLong.of(copy.size());
      }
      if (info.statusCode() == 200) {
        OptionalLong size = headers.firstValueAsLong("Content-Length");
        if (size.isPresent()) {
          file.pin(FileVersion.of(size.getAsLong(), headers, redirect));
        }
        copy.truncate(0);
        return OptionalLong.of(0);
      }
      return OptionalLong.empty();
    }
  }

  private static void write(FileChannel copy, long position, ByteBuffer bytes) {
    try {
      long at = position;
      while (bytes.hasRemaining()) {
        at += copy.write(bytes, at);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Deletes all copies; mappings of them stay readable where the system lets them. It does not wait
   * for a file that is being fetched, as it may be the process's end that closes this.
   */
  @Override
  public synchronized void close() {
    if (folder == null) {
      return;
    }
    copies.values().forEach(copy -> delete(copy.path));
    delete(folder);
    copies.clear();
    folder = null;
    if (Thread.currentThread() != atExit) {
      forgetExit();
    }
  }

  private void forgetExit() {
    try {
      Runtime.getRuntime().removeShutdownHook(atExit);
    } catch (IllegalStateException e) {
      // The process is ending, and its hook finds nothing left to do.
    }
  }
}
