package io.arrowquant.arrow.safetensors;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import io.arrowquant.arrow.safetensors.SafeTensorsWriter.Entry;
import io.arrowquant.core.ArrowQuantException;
import io.arrowquant.core.OutputExistsException;
import io.arrowquant.core.QuotedName;
import io.arrowquant.core.safetensors.TensorInfo;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Writes a checkpoint as Hugging Face names it: {@code model-00001-of-00003.safetensors} and so on
 * with {@code model.safetensors.index.json}, or one {@code model.safetensors} where a single shard
 * holds all. Shards are written one after the other; the index comes last. For one thread.
 */
public final class ShardedSafeTensorsWriter implements AutoCloseable {

  /** What Hugging Face's own writer puts in a shard at most. */
  public static final long DEFAULT_SHARD_BYTES = 5_000_000_000L;

  private final Path folder;
  private final String baseName;
  private final Map<String, String> metadata;
  private final List<List<Entry>> shards;
  private final List<TensorInfo> order;
  private final List<Path> files = new ArrayList<>();
  private SafeTensorsWriter writer;
  private boolean closed;

  private ShardedSafeTensorsWriter(
      Path folder, String baseName, Map<String, String> metadata, List<List<Entry>> shards) {
    this.folder = folder;
    this.baseName = baseName;
    // Not Map.copyOf, which a hostile file's keys make quadratic.
    this.metadata = new TreeMap<>(metadata);
    this.shards = shards;
    this.order =
        shards.stream()
            .flatMap(shard -> SafeTensorsLayout.of(this.metadata, shard).tensors().stream())
            .toList();
  }

  /**
   * Starts the first shard in an existing folder.
   *
   * @param baseName {@code model}, or {@code diffusion_pytorch_model} in a diffusers component
   * @param metadata goes into every shard
   * @param tensors fill shards in this order
   * @param maxShardBytes most bytes of tensors in a shard; a larger tensor has a shard of its own
   * @throws IllegalArgumentException as {@link SafeTensorsWriter#create}
   */
  public static ShardedSafeTensorsWriter create(
      Path folder,
      String baseName,
      Map<String, String> metadata,
      List<Entry> tensors,
      long maxShardBytes) {
    Set<String> names = new HashSet<>();
    for (Entry tensor : tensors) {
      if (!names.add(tensor.name())) {
        throw new IllegalArgumentException(
            "tensor name is given twice: " + QuotedName.of(tensor.name()));
      }
    }
    ShardedSafeTensorsWriter sharded =
        new ShardedSafeTensorsWriter(folder, baseName, metadata, split(tensors, maxShardBytes));
    sharded.open();
    return sharded;
  }

  /** All tensors in the order their bytes are to come; offsets count from their shard's data. */
  public List<TensorInfo> order() {
    return order;
  }

  /** The tensor whose bytes come next; none where all is written. */
  public Optional<TensorInfo> current() {
    return writer.current();
  }

  /** Appends bytes of the current tensor, as {@link SafeTensorsWriter#write}. */
  public void write(ByteBuffer bytes) {
    writer.write(bytes);
    advance();
  }

  /**
   * The tensors of the shard that is open, in the order of {@link #write(int, long, ByteBuffer)}.
   */
  public List<TensorInfo> shard() {
    return writer.order();
  }

  /**
   * Writes bytes at their place in the open shard, as {@link SafeTensorsWriter#write(int, long,
   * ByteBuffer)}; then {@link #endShard} opens the next.
   */
  public void write(int tensor, long offset, ByteBuffer bytes) {
    writer.write(tensor, offset, bytes);
  }

  /** The first tensor of the open shard that lacks bytes, if there is one. */
  public Optional<TensorInfo> firstIncomplete() {
    return writer.firstIncomplete();
  }

  /**
   * Ends a shard that is complete and opens the next.
   *
   * @return false where it was the last, which stays open
   */
  public boolean endShard() {
    if (files.size() == shards.size()) {
      return false;
    }
    writer.close();
    open();
    return true;
  }

  /** The files written so far, the open one included. */
  public List<Path> files() {
    return List.copyOf(files);
  }

  /**
   * Closes the last shard and writes the index. Where bytes are missing or writing fails, all files
   * of this writer are deleted.
   *
   * @throws IllegalStateException if bytes are missing
   */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    boolean complete = false;
    try {
      complete = writer.firstIncomplete().isEmpty() && files.size() == shards.size();
      writer.close();
      if (complete && shards.size() > 1) {
        complete = false;
        writeIndex();
        complete = true;
      }
    } finally {
      if (!complete) {
        deleteAll();
      }
    }
  }

  private static List<List<Entry>> split(List<Entry> tensors, long maxShardBytes) {
    List<List<Entry>> shards = new ArrayList<>();
    List<Entry> shard = new ArrayList<>();
    long size = 0;
    for (Entry tensor : tensors) {
      long bytes = tensor.byteSize();
      if (!shard.isEmpty() && bytes > maxShardBytes - size) {
        shards.add(shard);
        shard = new ArrayList<>();
        size = 0;
      }
      shard.add(tensor);
      size += bytes;
    }
    shards.add(shard);
    return shards;
  }

  private void open() {
    writer = SafeTensorsWriter.create(shardFile(files.size()), metadata, shards.get(files.size()));
    files.add(writer.file());
    advance();
  }

  /** A full shard is closed at once, so that at most one file is open. */
  private void advance() {
    if (writer.current().isEmpty() && files.size() < shards.size()) {
      writer.close();
      open();
    }
  }

  private Path shardFile(int index) {
    return folder.resolve(
        shards.size() == 1
            ? baseName + ".safetensors"
            : String.format(
                Locale.ROOT, "%s-%05d-of-%05d.safetensors", baseName, index + 1, shards.size()));
  }

  private void writeIndex() {
    Map<String, String> weightMap = new TreeMap<>();
    for (int i = 0; i < shards.size(); i++) {
      String fileName = files.get(i).getFileName().toString();
      shards.get(i).forEach(tensor -> weightMap.put(tensor.name(), fileName));
    }
    Path index = folder.resolve(baseName + ".safetensors.index.json");
    try (OutputStream out =
            Files.newOutputStream(index, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        JsonGenerator json = new JsonFactory().createGenerator(out)) {
      files.add(index);
      json.setPrettyPrinter(
          new DefaultPrettyPrinter().withObjectIndenter(new DefaultIndenter("  ", "\n")));
      json.writeStartObject();
      json.writeObjectFieldStart("metadata");
      json.writeNumberField("total_size", order.stream().mapToLong(TensorInfo::byteSize).sum());
      json.writeEndObject();
      json.writeObjectFieldStart("weight_map");
      for (Map.Entry<String, String> each : weightMap.entrySet()) {
        json.writeStringField(each.getKey(), each.getValue());
      }
      json.writeEndObject();
      json.writeEndObject();
      json.writeRaw('\n');
    } catch (FileAlreadyExistsException e) {
      throw new OutputExistsException(QuotedName.of(index) + " exists already.", e);
    } catch (IOException e) {
      throw ArrowQuantException.whileWriting(index, e);
    }
  }

  private void deleteAll() {
    for (Path file : files) {
      try {
        Files.deleteIfExists(file);
      } catch (IOException e) {
        throw ArrowQuantException.whileWriting(file, e);
      }
    }
  }
}
