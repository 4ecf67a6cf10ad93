package io.arrowquant.benchmarks;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.arrowquant.cli.text.Json;
import io.arrowquant.core.safetensors.DType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/**
 * A checkpoint with a real header and sizes whose weights are a hole in the file: all zeros, and
 * next to nothing on the disk.
 *
 * @param tensors matrices of the same shape
 * @param rows of each
 * @param columns of each
 * @param shards files
 */
record SparseCheckpoint(int tensors, long rows, long columns, DType dtype, int shards) {

  private static final int COLUMNS = 4096;
  private static final List<String> PROJECTIONS =
      List.of("attn.to_q", "attn.to_k", "attn.to_v", "attn.to_out", "ff.in", "ff.out");

  /** About so many parameters. */
  static SparseCheckpoint of(long parameters, int tensors, int shards) {
    long rows = Math.max(1, Math.round((double) parameters / tensors / COLUMNS));
    return new SparseCheckpoint(tensors, rows, COLUMNS, DType.BF16, shards);
  }

  long parameters() {
    return tensors * rows * columns;
  }

  /** Writes the files, and an index if there are several, into a folder that it makes. */
  void write(Path folder) throws IOException {
    Files.createDirectories(folder);
    ObjectNode index = Json.object();
    ObjectNode weightMap = index.putObject("weight_map");
    for (int shard = 0; shard < shards; shard++) {
      String file =
          shards == 1
              ? "model.safetensors"
              : String.format("model-%05d-of-%05d.safetensors", shard + 1, shards);
      int first = (int) ((long) tensors * shard / shards);
      int end = (int) ((long) tensors * (shard + 1) / shards);
      writeShard(folder.resolve(file), first, end);
      for (int t = first; t < end; t++) {
        weightMap.put(name(t), file);
      }
    }
    if (shards > 1) {
      Files.writeString(folder.resolve("model.safetensors.index.json"), index.toString());
    }
  }

  private void writeShard(Path file, int first, int end) throws IOException {
    long bytes = rows * columns * dtype.bits() / 8;
    ObjectNode header = Json.object();
    for (int t = first; t < end; t++) {
      ObjectNode tensor = header.putObject(name(t)).put("dtype", dtype.name());
      tensor.putArray("shape").add(rows).add(columns);
      tensor.putArray("data_offsets").add((t - first) * bytes).add((t - first + 1) * bytes);
    }
    byte[] json = header.toString().getBytes(StandardCharsets.UTF_8);
    ByteBuffer prefix =
        ByteBuffer.allocate(Long.BYTES + json.length).order(ByteOrder.LITTLE_ENDIAN);
    prefix.putLong(json.length).put(json).flip();
    long size = prefix.remaining() + (end - first) * bytes;
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW)) {
      channel.write(prefix);
      channel.write(ByteBuffer.allocate(1), size - 1);
    }
  }

  private static String name(int t) {
    int each = PROJECTIONS.size();
    return "blocks." + t / each + "." + PROJECTIONS.get(t % each) + ".weight";
  }
}
