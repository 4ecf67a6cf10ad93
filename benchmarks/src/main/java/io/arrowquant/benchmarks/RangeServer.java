package io.arrowquant.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.FileChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Serves the files of a folder on loopback, whole or by range, straight from the page cache: as
 * fast as a server can be, so that the reader is what is measured.
 */
final class RangeServer implements AutoCloseable {

  private static final Pattern RANGE = Pattern.compile("(?i)range: *bytes=(\\d+)-(\\d+)");

  /** What goes over a line of limited rate at a time. */
  private static final long PIECE = 256 << 10;

  private final Path folder;
  private final long delayMillis;
  private final double bytesPerSecond;
  private final ServerSocketChannel listening;
  private final Set<SocketChannel> open = ConcurrentHashMap.newKeySet();
  private final ExecutorService threads =
      Executors.newCachedThreadPool(
          work -> {
            Thread thread = new Thread(work, "range-server");
            thread.setDaemon(true);
            return thread;
          });

  /** When the line is free again, by {@link System#nanoTime}. */
  private long free = System.nanoTime();

  /**
   * @param delayMillis added to each answer, as a network would
   * @param bytesPerSecond of all answers together; infinite for as many as come
   */
  RangeServer(Path folder, long delayMillis, double bytesPerSecond) {
    this.folder = folder;
    this.delayMillis = delayMillis;
    this.bytesPerSecond = bytesPerSecond;
    try {
      listening =
          ServerSocketChannel.open()
              .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 256);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    threads.execute(this::accept);
  }

  String address() {
    return "http://127.0.0.1:" + listening.socket().getLocalPort();
  }

  private void accept() {
    try {
      while (true) {
        SocketChannel connection = listening.accept();
        connection.setOption(StandardSocketOptions.TCP_NODELAY, true);
        open.add(connection);
        threads.execute(() -> serve(connection));
      }
    } catch (IOException e) {
      // Closed.
    }
  }

  private void serve(SocketChannel connection) {
    try (connection) {
      BufferedReader in =
          new BufferedReader(
              new InputStreamReader(
                  connection.socket().getInputStream(), StandardCharsets.ISO_8859_1));
      for (String request = in.readLine(); request != null; request = in.readLine()) {
        String range = null;
        for (String line = in.readLine(); line != null && !line.isEmpty(); line = in.readLine()) {
          range = RANGE.matcher(line).matches() ? line : range;
        }
        Thread.sleep(delayMillis);
        answer(connection, request.split(" ")[1].substring(1), range);
      }
    } catch (IOException e) {
      // The reader has gone.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      open.remove(connection);
    }
  }

  private void answer(SocketChannel connection, String name, String asked)
      throws IOException, InterruptedException {
    Path file = folder.resolve(name);
    OutputStream out = connection.socket().getOutputStream();
    if (!Files.isRegularFile(file)) {
      out.write(head("404 Not Found", 0, ""));
      return;
    }
    try (FileChannel channel = FileChannel.open(file)) {
      long size = channel.size();
      Matcher range = RANGE.matcher(asked == null ? "" : asked);
      boolean part = range.matches();
      long first = part ? Long.parseLong(range.group(1)) : 0;
      long end = part ? Math.min(size, Long.parseLong(range.group(2)) + 1) : size;
      String content =
          part ? "Content-Range: bytes " + first + "-" + (end - 1) + "/" + size + "\r\n" : "";
      out.write(head(part ? "206 Partial Content" : "200 OK", end - first, content));
      while (first < end) {
        long count = Double.isInfinite(bytesPerSecond) ? end - first : Math.min(PIECE, end - first);
        await(count);
        first += channel.transferTo(first, count, connection);
      }
    }
  }

  /** Waits until the line has time for so many bytes. */
  private void await(long bytes) throws InterruptedException {
    long wait;
    synchronized (this) {
      long now = System.nanoTime();
      long start = Math.max(now, free);
      free = start + (long) (bytes / bytesPerSecond * 1e9);
      wait = start - now;
    }
    TimeUnit.NANOSECONDS.sleep(wait);
  }

  private static byte[] head(String status, long length, String more) {
    return ("HTTP/1.1 "
            + status
            + "\r\nETag: \"1\"\r\nContent-Length: "
            + length
            + "\r\n"
            + more
            + "\r\n")
        .getBytes(StandardCharsets.ISO_8859_1);
  }

  @Override
  public void close() throws IOException {
    listening.close();
    for (SocketChannel connection : open) {
      connection.close();
    }
    threads.shutdownNow();
  }
}
