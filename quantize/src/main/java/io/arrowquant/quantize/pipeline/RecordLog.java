package io.arrowquant.quantize.pipeline;

import io.arrowquant.core.ArrowQuantException;
import io.arrowquant.core.InvalidConfigException;
import io.arrowquant.core.OutputExistsException;
import io.arrowquant.core.QuotedName;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * Records one after the other in a file, found by their keys. Safe for use by many threads.
 *
 * <p>A record is the length of its head and of its body, the head (the key, then what the writer
 * put there), the body and a CRC-32C of both. What a crash tore off at the end is cut away.
 */
final class RecordLog implements AutoCloseable {

  private static final int LENGTHS = Integer.BYTES + Long.BYTES;
  private static final int LARGEST_HEAD = 64 << 20;
  private static final int BLOCK = 1 << 20;

  private record Place(long position, int head, long body) {

    long bodyAt() {
      return position + LENGTHS + head;
    }

    long crcAt() {
      return bodyAt() + body;
    }
  }

  /**
   * A record that was found.
   *
   * @param head behind the key
   * @param bodyAt where the body is, for {@link #read}
   * @param bodySize its bytes
   */
  record Found(DataInputStream head, long bodyAt, long bodySize) {}

  /** Writes a head. */
  @FunctionalInterface
  interface HeadWriter {
    void write(DataOutputStream out) throws IOException;
  }

  private final Path file;
  private final FileChannel channel;
  private final Map<String, Place> places = new HashMap<>();
  private long end;

  private RecordLog(Path file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  /**
   * Opens the log that a stopped run left, or begins one.
   *
   * @param owner the key of its first record, which says whose it is
   * @throws InvalidConfigException if it is another's
   * @throws OutputExistsException if another run has it open
   */
  static RecordLog open(Path file, String owner) {
    try {
      Files.createDirectories(file.getParent());
      FileChannel channel =
          FileChannel.open(
              file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
      RecordLog log = new RecordLog(file, channel);
      try {
        log.lock();
        log.scan(owner);
        return log;
      } catch (IOException | RuntimeException e) {
        channel.close();
        throw e;
      }
    } catch (IOException e) {
      throw ArrowQuantException.whileWriting(file, e);
    }
  }

  /** A log whose file is new, and deleted when it is closed. */
  static RecordLog temporary(Path file) {
    try {
      return new RecordLog(
          file,
          FileChannel.open(
              file,
              StandardOpenOption.CREATE_NEW,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE,
              StandardOpenOption.DELETE_ON_CLOSE));
    } catch (IOException e) {
      throw ArrowQuantException.whileWriting(file, e);
    }
  }

  private void lock() throws IOException {
    try {
      if (channel.tryLock() != null) {
        return;
      }
    } catch (OverlappingFileLockException e) {
      // Another run of this process.
    }
    throw new OutputExistsException("Another run is using " + QuotedName.of(file) + ".");
  }

  private void scan(String owner) throws IOException {
    for (Place place = placeAt(0); place != null; place = placeAt(end)) {
      String key = head(place).readUTF();
      if (end == 0 && !key.equals(owner)) {
        throw new InvalidConfigException(
            QuotedName.of(file)
                + " was left by a run with another model, other settings or another version;"
                + " delete it to begin anew, or run with what that run had.");
      }
      places.put(key, place);
      end = place.crcAt() + Integer.BYTES;
    }
    channel.truncate(end);
    if (end == 0) {
      append(owner, out -> {}, List.of());
    }
  }

  /** The whole record at a position, or null where there is none that is sound. */
  private Place placeAt(long position) throws IOException {
    long left = channel.size() - position - LENGTHS - Integer.BYTES;
    if (left < 0) {
      return null;
    }
    ByteBuffer lengths = read(position, LENGTHS);
    Place place = new Place(position, lengths.getInt(), lengths.getLong());
    if (place.head() < 0
        || place.head() > LARGEST_HEAD
        || place.body() < 0
        || place.head() > left
        || place.body() > left - place.head()) {
      return null;
    }
    CRC32C crc = new CRC32C();
    for (long at = position + LENGTHS; at < place.crcAt(); ) {
      ByteBuffer block = read(at, (int) Math.min(BLOCK, place.crcAt() - at));
      at += block.remaining();
      crc.update(block);
    }
    return read(place.crcAt(), Integer.BYTES).getInt() == (int) crc.getValue() ? place : null;
  }

  private DataInputStream head(Place place) throws IOException {
    byte[] head = new byte[place.head()];
    read(place.position() + LENGTHS, ByteBuffer.wrap(head));
    return new DataInputStream(new ByteArrayInputStream(head));
  }

  private ByteBuffer read(long position, int length) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(length);
    read(position, bytes);
    return bytes.flip();
  }

  /**
   * Fills a buffer with bytes of the file.
   *
   * @throws EOFException if it has not as many
   */
  void read(long position, ByteBuffer target) throws IOException {
    long at = position;
    while (target.hasRemaining()) {
      int count = channel.read(target, at);
      if (count < 0) {
        throw new EOFException("it was cut short");
      }
      at += count;
    }
  }

  /** Whether there is a record of a key. */
  synchronized boolean holds(String key) {
    return places.containsKey(key);
  }

  /** The record of a key, or null. */
  Found find(String key) throws IOException {
    Place place;
    synchronized (this) {
      place = places.get(key);
    }
    if (place == null) {
      return null;
    }
    DataInputStream head = head(place);
    head.readUTF();
    return new Found(head, place.bodyAt(), place.body());
  }

  /** Appends a record; the body's buffers are consumed. */
  synchronized void append(String key, HeadWriter writer, List<ByteBuffer> body)
      throws IOException {
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(head);
    out.writeUTF(key);
    writer.write(out);
    long size = body.stream().mapToLong(ByteBuffer::remaining).sum();
    CRC32C crc = new CRC32C();
    crc.update(head.toByteArray());
    body.forEach(part -> crc.update(part.duplicate()));
    long at = end;
    at += write(at, ByteBuffer.allocate(LENGTHS).putInt(head.size()).putLong(size).flip());
    at += write(at, ByteBuffer.wrap(head.toByteArray()));
    for (ByteBuffer part : body) {
      at += write(at, part);
    }
    at += write(at, ByteBuffer.allocate(Integer.BYTES).putInt((int) crc.getValue()).flip());
    places.put(key, new Place(end, head.size(), size));
    end = at;
  }

  private long write(long at, ByteBuffer bytes) throws IOException {
    long written = 0;
    while (bytes.hasRemaining()) {
      written += channel.write(bytes, at + written);
    }
    return written;
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw ArrowQuantException.whileWriting(file, e);
    }
  }
}
