package io.arrowquant.benchmarks;

import io.arrowquant.arrow.source.IoMode;
import io.arrowquant.arrow.tensor.TensorBytes;
import io.arrowquant.cli.demo.SyntheticCheckpoint;
import io.arrowquant.core.Progress;
import io.arrowquant.core.checkpoint.Checkpoint;
import io.arrowquant.core.checkpoint.CheckpointTensor;
import io.arrowquant.core.config.DiffusionQuantConfig;
import io.arrowquant.core.remote.RemotePath;
import io.arrowquant.core.safetensors.DType;
import io.arrowquant.core.safetensors.SafeTensorsHeader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;

/**
 * Reading a model from a server on loopback: its ranges alone, and the whole quantization, against
 * plain parallel range requests of the same size; and opening a model of many shards over a slow
 * network.
 */
record RemoteBench(long parameters, int bits, int threads, int rounds) {

  static final String PLAIN = "plain range requests, 6 at a time";
  static final String READ = "read all tensors from the server";
  static final String REMOTE = "quantize from the server";
  static final String LOCAL = "quantize the local file, --io read";

  /** Milliseconds that the slow network adds to each request. */
  static final long DELAY = 50;

  private static final int AT_ONCE = 6;
  private static final long RANGE = 16L << 20;
  private static final long PIECE = 8L << 20;

  Map<String, Measurement> run(Folder folder, Consumer<String> log) throws Exception {
    Path model = folder.resolve("model-" + parameters + "-bf16");
    if (!Files.exists(model)) {
      log.accept("making a model of " + parameters + " parameters");
      new SyntheticCheckpoint(parameters, DType.BF16, 1, 42).write(model, Progress.NONE);
    }
    Path shards = folder.resolve("sparse-30");
    Folder.delete(shards);
    SparseCheckpoint.of(7_000_000_000L, 300, 30).write(shards);
    DiffusionQuantConfig config =
        DiffusionQuantConfig.builder().bitWidth(bits).threads(threads).build();
    try (RangeServer server = new RangeServer(model, 0);
        RangeServer slow = new RangeServer(shards, DELAY)) {
      SafeTensorsHeader file = Checkpoint.open(model).files().get(0);
      String name = file.file().getFileName().toString();
      RemotePath remote = RemotePath.of(server.address() + "/" + name);
      Stages near = new Stages(model, folder.path(), config, threads);
      Stages far = new Stages(remote, folder.path(), config, threads);
      List<Task> tasks = new ArrayList<>();
      tasks.add(plain(URI.create(server.address() + "/" + name), file.fileSize()));
      tasks.add(read(Checkpoint.open(remote), near.sourceBytes()));
      tasks.add(far.whole(REMOTE, IoMode.AUTO));
      tasks.add(near.whole(LOCAL, IoMode.READ));
      tasks.add(open(slow.address() + "/model.safetensors.index.json"));
      return new Rounds(rounds, log).run(tasks);
    }
  }

  private static Task plain(URI address, long size) {
    HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    int ranges = (int) ((size + RANGE - 1) / RANGE);
    return new Task(
        PLAIN,
        size,
        0,
        lap ->
            lap.time(
                () -> {
                  Parallel.run(AT_ONCE, ranges, () -> i -> get(client, address, i * RANGE));
                  return 0;
                }));
  }

  private static void get(HttpClient client, URI address, long first) {
    HttpRequest request =
        HttpRequest.newBuilder(address)
            .header("Range", "bytes=" + first + "-" + (first + RANGE - 1))
            .build();
    try {
      if (client.send(request, BodyHandlers.discarding()).statusCode() != 206) {
        throw new IllegalStateException("no range");
      }
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private Task read(Checkpoint checkpoint, long size) {
    List<TensorBytes.Range> pieces = new ArrayList<>();
    for (CheckpointTensor tensor : checkpoint.tensors()) {
      for (long at = 0; at < tensor.byteSize(); at += PIECE) {
        pieces.add(new TensorBytes.Range(tensor, at, Math.min(PIECE, tensor.byteSize() - at)));
      }
    }
    return new Task(READ, size, 0, lap -> lap.time(() -> read(pieces)));
  }

  private static long read(List<TensorBytes.Range> pieces) {
    try (BufferAllocator memory = new RootAllocator(1L << 30);
        TensorBytes bytes = new TensorBytes(IoMode.AUTO, memory, memory)) {
      bytes.expect(pieces);
      for (TensorBytes.Range piece : pieces) {
        try (ArrowBuf read = bytes.read(piece.tensor(), piece.offset(), piece.length())) {
          if (read.capacity() != piece.length()) {
            throw new IllegalStateException("short read");
          }
        }
      }
      return memory.getPeakMemoryAllocation();
    }
  }

  private static Task open(String index) {
    return new Task(
        "open 30 shards, " + DELAY + " ms a request",
        0,
        0,
        lap ->
            lap.time(
                () -> {
                  Checkpoint.open(RemotePath.of(index));
                  return 0;
                }));
  }

  /** What each measurement is held against, in seconds; NaN for nothing. */
  static double limit(Measurement measured, Map<String, Measurement> all) {
    return switch (measured.task().name()) {
      case READ, REMOTE -> all.get(PLAIN).seconds();
      default -> measured.task().bytes() == 0 ? 3 * DELAY / 1e3 : Double.NaN;
    };
  }
}
