package io.arrowquant.core.safetensors;

import io.arrowquant.core.ArrowQuantException;
import io.arrowquant.core.CheckpointNotFoundException;
import io.arrowquant.core.InvalidHeaderException;
import io.arrowquant.core.InvalidOffsetsException;
import io.arrowquant.core.MemoryLimitException;
import io.arrowquant.core.QuotedName;
import io.arrowquant.core.StorageException;
import io.arrowquant.core.UnsupportedDTypeException;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Reads and checks the header of a SafeTensors file: 8 bytes of little-endian length, then a JSON
 * object of tensors and {@code __metadata__}. Not one byte of data is read, and memory never
 * depends on a number that the file merely claims.
 */
public final class HeaderParser {

  /** Bytes that the length takes. */
  public static final int LENGTH_BYTES = 8;

  /** The longest header that the format allows, in bytes. */
  public static final long LONGEST_HEADER = 100_000_000;

  /** The key of a header that is no tensor's. */
  public static final String METADATA = "__metadata__";

  private static final int FIRST_BUFFER = 1 << 20;

  private final Path file;
  private final long fileSize;
  private final Map<String, String> metadata = new LinkedHashMap<>();
  private final List<TensorInfo> tensors = new ArrayList<>();

  private HeaderParser(Path file, long fileSize) {
    this.file = file;
    this.fileSize = fileSize;
  }

  /**
   * Reads the header of a file. Symbolic links are followed; anything that is not a regular file is
   * refused without opening it.
   *
   * @throws CheckpointNotFoundException if there is no such file
   * @throws InvalidHeaderException if it is not SafeTensors
   * @throws InvalidOffsetsException if tensors do not tile the data
   * @throws UnsupportedDTypeException if a dtype is unknown
   * @throws StorageException if reading fails
   */
  public static SafeTensorsHeader read(Path file) {
    try {
      BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
      if (!attributes.isRegularFile()) {
        throw new InvalidHeaderException(
            QuotedName.of(file)
                + " is "
                + (attributes.isDirectory() ? "a folder" : "a pipe, socket or device")
                + ", not a regular file.");
      }
      try (SeekableByteChannel channel = Files.newByteChannel(file)) {
        return read(file, PositionedBytes.of(channel));
      }
    } catch (NoSuchFileException e) {
      throw new CheckpointNotFoundException("There is no file " + QuotedName.of(file) + ".", e);
    } catch (IOException e) {
      throw ArrowQuantException.whileReading(file, e);
    }
  }

  /**
   * Reads a header from anything that can be read by position.
   *
   * @param file what messages and the header call it
   * @throws MemoryLimitException if a header of legal length does not fit in the heap
   */
  public static SafeTensorsHeader read(Path file, PositionedBytes bytes) {
    try {
      long fileSize = bytes.size();
      byte[] json = read(bytes, headerLength(file, fileSize, bytes));
      return new HeaderParser(file, fileSize).parse(json);
    } catch (OutOfMemoryError e) {
      throw new MemoryLimitException(
          "The header of "
              + QuotedName.of(file)
              + " does not fit in the Java heap of "
              + (Runtime.getRuntime().maxMemory() >> 20)
              + " MiB; give more with -Xmx.",
          e);
    } catch (EOFException e) {
      throw new StorageException(QuotedName.of(file) + " became shorter while it was read.", e);
    } catch (IOException e) {
      throw ArrowQuantException.whileReading(file, e);
    }
  }

  /** Grows with what is there, since a server may claim any size. */
  private static byte[] read(PositionedBytes bytes, int length) throws IOException {
    byte[] json = new byte[Math.min(length, FIRST_BUFFER)];
    bytes.readFully(LENGTH_BYTES, json);
    while (json.length < length) {
      byte[] more = new byte[Math.min(length - json.length, json.length)];
      bytes.readFully(LENGTH_BYTES + (long) json.length, more);
      int before = json.length;
      json = Arrays.copyOf(json, before + more.length);
      System.arraycopy(more, 0, json, before, more.length);
    }
    return json;
  }

  private static int headerLength(Path file, long fileSize, PositionedBytes bytes)
      throws IOException {
    if (fileSize < LENGTH_BYTES) {
      throw new InvalidHeaderException(
          QuotedName.of(file)
              + " has "
              + fileSize
              + " bytes, fewer than the 8 that a SafeTensors file starts with.");
    }
    byte[] first = new byte[LENGTH_BYTES];
    bytes.readFully(0, first);
    long length = ByteBuffer.wrap(first).order(ByteOrder.LITTLE_ENDIAN).getLong();
    long limit = Math.min(LONGEST_HEADER, fileSize - LENGTH_BYTES);
    // Negative here is 2^63 or more in the file, where the length is unsigned.
    if (length < 0 || length > limit) {
      Optional<ForeignFormat> foreign = ForeignFormat.ofMagic(first);
      if (foreign.isPresent()) {
        throw new InvalidHeaderException(
            QuotedName.of(file)
                + " is no SafeTensors file; it looks like "
                + foreign.get().advice()
                + ".");
      }
      throw new InvalidHeaderException(
          QuotedName.of(file)
              + " claims a header of "
              + Long.toUnsignedString(length)
              + " bytes, but at most "
              + limit
              + " are possible.");
    }
    return (int) length;
  }

  private SafeTensorsHeader parse(byte[] json) throws IOException {
    try {
      StrictJson.readObject(json, this::readField);
    } catch (MalformedJsonException e) {
      throw new InvalidHeaderException(
          "The header of " + QuotedName.of(file) + " is invalid: " + e.getMessage() + ".", e);
    }
    long dataStart = LENGTH_BYTES + (long) json.length;
    checkTiling(fileSize - dataStart);
    return new SafeTensorsHeader(file, fileSize, dataStart, metadata, tensors);
  }

  private void readField(StrictJson json, String key) throws IOException {
    if (key.equals(METADATA)) {
      json.object(METADATA, k -> metadata.put(k, json.string("a value of " + METADATA)));
    } else {
      tensors.add(new TensorParser(json, file, key).parse());
    }
  }

  private void checkTiling(long dataSize) {
    // Empty tensors first where several begin together; they take no room.
    tensors.sort(Comparator.comparingLong(TensorInfo::begin).thenComparingLong(TensorInfo::end));
    long expected = 0;
    for (TensorInfo tensor : tensors) {
      if (tensor.begin() != expected) {
        throw new InvalidOffsetsException(
            TensorParser.where(file, tensor.name())
                + " begins at byte "
                + tensor.begin()
                + " of the data, which "
                + (tensor.begin() < expected ? "overlaps the tensor" : "leaves a hole after what")
                + " that ends at byte "
                + expected
                + ".");
      }
      expected = tensor.end();
    }
    if (expected != dataSize) {
      throw new InvalidOffsetsException(
          "The tensors of "
              + QuotedName.of(file)
              + " take "
              + expected
              + " bytes, but the file holds "
              + dataSize
              + " bytes of data"
              + (expected > dataSize ? "; it is cut short." : "."));
    }
  }
}
