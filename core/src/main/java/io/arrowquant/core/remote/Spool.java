package io.arrowquant.core.remote;

import io.arrowquant.core.QuotedName;
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

/**
 * Whole files on the local disk, for servers without ranges: each is fetched when it is first
 * needed, and all are deleted in the end.
 */
final class Spool implements AutoCloseable {

  private final Path parent;
  private final Map<RemoteFile, Path> files = new HashMap<>();
  private Path folder;

  /**
   * @param parent where there is room for the files
   */
  Spool(Path parent) {
    this.parent = parent;
  }

  /** The local copy of a file. */
  synchronized Path of(RemoteFile file) throws NoSuchFileException {
    Path known = files.get(file);
    if (known != null) {
      return known;
    }
    try {
      if (folder == null) {
        folder = Files.createTempDirectory(parent, "arrowquant-download-");
        Runtime.getRuntime().addShutdownHook(new Thread(this::close));
      }
      Path copy = folder.resolve(files.size() + ".safetensors");
      files.put(file, copy);
      try (FileChannel channel =
          FileChannel.open(copy, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
        fetch(file, channel);
      } catch (IOException | RuntimeException e) {
        files.remove(file);
        Files.deleteIfExists(copy);
        throw e;
      }
      return copy;
    } catch (NoSuchFileException e) {
      throw e;
    } catch (IOException | UncheckedIOException e) {
      throw new StorageException(
          "Cannot write " + QuotedName.of(file.display()) + " below " + QuotedName.of(parent) + ".",
          e);
    }
  }

  private void fetch(RemoteFile file, FileChannel copy) throws IOException {
    Retries retries = file.retries();
    while (true) {
      long before = copy.size();
      boolean[] taken = new boolean[1];
      Answer answer;
      try {
        Optional<String> rest =
            before == 0 ? Optional.empty() : Optional.of("bytes=" + before + "-");
        answer = file.ask(rest, (info, redirect) -> body(file, copy, info, redirect, taken));
      } catch (UncheckedIOException e) {
        throw e.getCause();
      } catch (IOException e) {
        file.forgetWay();
        retries.afterBreak(e);
        continue;
      }
      retries.progress(answer.bytes());
      if (!taken[0]) {
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

  /** A server that has ranges after all goes on where it broke off; another one begins anew. */
  private static BodyReader body(
      RemoteFile file,
      FileChannel copy,
      ResponseInfo info,
      Optional<HttpHeaders> redirect,
      boolean[] taken) {
    try {
      long start = 0;
      if (info.statusCode() == 206) {
        ContentRange range =
            info.headers().firstValue("Content-Range").flatMap(ContentRange::parse).orElse(null);
        if (range == null || range.first() != copy.size()) {
          return null;
        }
        file.pin(FileVersion.of(range.total(), info.headers(), redirect));
        start = copy.size();
      } else if (info.statusCode() == 200) {
        copy.truncate(0);
      } else {
        return null;
      }
      taken[0] = true;
      long from = start;
      return new BodyReader(
          Long.MAX_VALUE, (offset, bytes) -> write(copy, from + offset, bytes), file.traffic());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
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

  /** Deletes all copies; mappings of them stay readable where the system lets them. */
  @Override
  public synchronized void close() {
    try {
      for (Path copy : files.values()) {
        Files.deleteIfExists(copy);
      }
      files.clear();
      if (folder != null) {
        Files.deleteIfExists(folder);
        folder = null;
      }
    } catch (IOException e) {
      throw new StorageException("Cannot delete " + QuotedName.of(folder) + ".", e);
    }
  }
}
