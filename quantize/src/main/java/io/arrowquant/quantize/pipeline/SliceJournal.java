package io.arrowquant.quantize.pipeline;

import io.arrowquant.arrow.parquet.writer.EncodedRowGroup;
import io.arrowquant.arrow.parquet.writer.RowGroupRecord;
import io.arrowquant.core.ArrowQuantException;
import io.arrowquant.core.InvalidConfigException;
import io.arrowquant.core.OutputExistsException;
import io.arrowquant.core.QuotedName;
import io.arrowquant.quantize.measure.ErrorSums;
import io.arrowquant.quantize.plan.SlicePlan;
import io.arrowquant.quantize.plan.SlicePlan.Slice;
import io.arrowquant.quantize.plan.TensorPlan;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;

/**
 * Quantized slices in a file. Beside a run's output they let it go on when it was stopped: it does
 * everything again, but takes from here what was measured and encoded before. So it gives the same
 * bytes as one that was never stopped. Safe for use by many threads.
 *
 * <p>A record is the length of its head and of its body, the head (key, sums, description), the
 * body (bytes of pages) and a CRC-32C of both. What a crash tore off at the end is cut away.
 */
final class SliceJournal implements AutoCloseable {

  private static final int LENGTHS = Integer.BYTES + Long.BYTES;
  private static final int LARGEST_HEAD = 64 << 20;
  private static final int BLOCK = 1 << 20;

  private record Place(long position, int head, long body) {}

  private final Path file;
  private final FileChannel channel;
  private final Map<String, Place> places = new HashMap<>();
  private long end;

  private SliceJournal(Path file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  /** Where the journal of an output is. */
  static Path fileOf(Path output) {
    Path absolute = output.toAbsolutePath().normalize();
    return absolute.resolveSibling("." + absolute.getFileName() + ".journal");
  }

  /**
   * Opens the journal that a stopped run left, or begins one.
   *
   * @param fingerprint what the slices depend on: source and settings
   * @throws InvalidConfigException if it was left by a run of another source or other settings
   */
  static SliceJournal open(Path file, String fingerprint) {
    try {
      Files.createDirectories(file.getParent());
      FileChannel channel =
          FileChannel.open(
              file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
      SliceJournal journal = new SliceJournal(file, channel);
      try {
        journal.lock();
        journal.scan(digest(fingerprint));
        return journal;
      } catch (IOException | RuntimeException e) {
        channel.close();
        throw e;
      }
    } catch (IOException e) {
      throw ArrowQuantException.whileWriting(file, e);
    }
  }

  /**
   * A journal of this run alone, whose file is deleted when it is closed.
   *
   * @param folder for the file
   */
  static SliceJournal temporary(Path folder) {
    Path file = folder.resolve("slices");
    try {
      return new SliceJournal(
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

  private void scan(String fingerprint) throws IOException {
    for (Place place = placeAt(0); place != null; place = placeAt(end)) {
      String key = head(place).readUTF();
      if (end == 0 && !key.equals(fingerprint)) {
        throw new InvalidConfigException(
            QuotedName.of(file)
                + " was left by a run with another model, other settings or another version;"
                + " delete it to begin anew, or run with what that run had.");
      }
      places.put(key, place);
      end = place.position() + LENGTHS + place.head() + place.body() + Integer.BYTES;
    }
    channel.truncate(end);
    if (end == 0) {
      append(fingerprint, out -> {}, List.of());
    }
  }

  /** The whole record at a position, or null where there is none that is sound. */
  private Place placeAt(long position) throws IOException {
    ByteBuffer lengths = read(position, LENGTHS);
    if (lengths == null) {
      return null;
    }
    Place place = new Place(position, lengths.getInt(), lengths.getLong());
    long left = channel.size() - position - LENGTHS - Integer.BYTES;
    if (place.head() < 0
        || place.head() > LARGEST_HEAD
        || place.body() < 0
        || place.head() > left
        || place.body() > left - place.head()) {
      return null;
    }
    CRC32C crc = new CRC32C();
    long at = position + LENGTHS;
    long stop = at + place.head() + place.body();
    while (at < stop) {
      ByteBuffer block = read(at, (int) Math.min(BLOCK, stop - at));
      at += block.remaining();
      crc.update(block);
    }
    return read(stop, Integer.BYTES).getInt() == (int) crc.getValue() ? place : null;
  }

  /** Bytes of the file, or null where it has not as many. */
  private ByteBuffer read(long position, int length) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(length);
    while (bytes.hasRemaining()) {
      if (channel.read(bytes, position + bytes.position()) < 0) {
        return null;
      }
    }
    return bytes.flip();
  }

  private DataInputStream head(Place place) throws IOException {
    ByteBuffer head = read(place.position() + LENGTHS, place.head());
    return new DataInputStream(new ByteArrayInputStream(head.array()));
  }

  /** Whether a slice was done before, so that its source will not be read. */
  boolean holds(Slice slice) {
    String key = key(slice);
    synchronized (this) {
      return takes(slice) && places.containsKey(key);
    }
  }

  /**
   * What came of a slice before.
   *
   * @param memory for its row group
   * @return owned by the caller; null where the journal does not have it
   */
  SliceResult find(Slice slice, BufferAllocator memory) {
    Place place;
    synchronized (this) {
      place = places.get(key(slice));
    }
    if (place == null) {
      return null;
    }
    try (DataInputStream in = head(place)) {
      in.readUTF();
      List<ErrorSums> sums = new ArrayList<>();
      List<Integer> crcs = new ArrayList<>();
      for (int r = in.readInt(); r > 0; r--) {
        sums.add(ErrorSums.read(in));
        crcs.add(in.readInt());
      }
      EncodedRowGroup group = in.readBoolean() ? group(slice, in, place, memory) : null;
      return new SliceResult(slice, group, sums, crcs);
    } catch (IOException e) {
      throw ArrowQuantException.whileReading(file, e);
    }
  }

  private EncodedRowGroup group(
      Slice slice, DataInputStream in, Place place, BufferAllocator memory) throws IOException {
    ArrowBuf bytes = memory.buffer(Math.max(1, place.body()));
    try {
      long start = place.position() + LENGTHS + place.head();
      ByteBuffer target = bytes.nioBuffer(0, Math.toIntExact(place.body()));
      while (target.hasRemaining()) {
        channel.read(target, start + target.position());
      }
      return RowGroupRecord.read(slice.layout(), in, bytes);
    } catch (IOException | RuntimeException | Error e) {
      bytes.close();
      throw e;
    }
  }

  /** Puts a slice's result down; the caller keeps it. */
  void add(SliceResult result) {
    try {
      append(
          key(result.slice()),
          out -> {
            out.writeInt(result.sums().size());
            for (int r = 0; r < result.sums().size(); r++) {
              result.sums().get(r).write(out);
              out.writeInt(result.crcs().get(r));
            }
            out.writeBoolean(result.group() != null);
            if (result.group() != null) {
              RowGroupRecord.describe(result.group(), out);
            }
          },
          result.group() == null ? List.of() : RowGroupRecord.bytes(result.group()));
    } catch (IOException e) {
      throw ArrowQuantException.whileWriting(file, e);
    }
  }

  @FunctionalInterface
  private interface HeadWriter {
    void write(DataOutputStream out) throws IOException;
  }

  private synchronized void append(String key, HeadWriter writer, List<ByteBuffer> body)
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

  /** What is done to which rows: all that a slice's result depends on beside the fingerprint. */
  private static String key(Slice slice) {
    StringBuilder text = new StringBuilder(slice.kind().toString());
    for (int r = 0; r < slice.tensors().size(); r++) {
      TensorPlan tensor = slice.tensors().get(r);
      text.append(tensor.treatment()).append(slice.layout().runs().get(r));
      tensor
          .calibration()
          .ifPresent(c -> text.append(c.importance()).append(Arrays.toString(c.scales())));
    }
    return digest(text.toString());
  }

  private static String digest(String text) {
    try {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every Java platform has it
    }
  }

  /**
   * Whether slices of this kind are worth putting down: kept ones are read as fast as from here.
   */
  static boolean takes(Slice slice) {
    return slice.kind() instanceof SlicePlan.SliceKind.Quantized;
  }

  /** Deletes a journal that is not needed any more. */
  static void delete(Path output) {
    Path file = fileOf(output);
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw ArrowQuantException.whileWriting(file, e);
    }
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
