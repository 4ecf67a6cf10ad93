package io.arrowquant.benchmarks;

import io.arrowquant.arrow.source.IoMode;
import io.arrowquant.arrow.tensor.TensorBytes;
import io.arrowquant.core.checkpoint.Checkpoint;
import io.arrowquant.core.checkpoint.CheckpointTensor;
import io.arrowquant.core.config.DiffusionQuantConfig;
import io.arrowquant.core.remote.RemotePath;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;

/** The process of one measurement of {@link RemoteBench}: a lap for each line it is given. */
final class RemoteLaps {

  private static final int AT_ONCE = 6;
  private static final long RANGE = 16L << 20;
  private static final long PIECE = 8L << 20;

  private RemoteLaps() {}

  /** What to measure. */
  enum Kind {
    /** Serves a folder: with a delay, at a rate. */
    SERVE,
    /** Ranges of a file by the JDK's client, thrown away. */
    PLAIN,
    /** All tensors of a model, through the library. */
    READ,
    /** From a model to a quantized one. */
    QUANTIZE,
    /** Opening alone. */
    OPEN
  }

  /** Starts the process. */
  static OwnProcess start(Kind kind, Object... arguments) throws IOException {
    Object[] all = new Object[arguments.length + 1];
    all[0] = kind;
    System.arraycopy(arguments, 0, all, 1, arguments.length);
    return new OwnProcess(RemoteLaps.class, all);
  }

  /** A task that such a process does. */
  static Task task(String name, long bytes, long weights, OwnProcess process) {
    return new Task(
        name,
        bytes,
        weights,
        lap -> {
          String[] figures = process.ask("lap").split(" ");
          lap.took(
              Double.parseDouble(figures[0]),
              Double.parseDouble(figures[1]),
              new Memory(
                  Long.parseLong(figures[2]),
                  Long.parseLong(figures[3]),
                  figures[4].equals("null") ? null : (Long) Long.parseLong(figures[4])));
        });
  }

  public static void main(String[] arguments) throws Exception {
    Kind kind = Kind.valueOf(arguments[0]);
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    if (kind == Kind.SERVE) {
      try (RangeServer server =
          new RangeServer(
              Path.of(arguments[1]),
              Long.parseLong(arguments[2]),
              Double.parseDouble(arguments[3]))) {
        System.out.println(server.address());
        while (in.readLine() != null) {
          // Serves until the bench ends.
        }
      }
      return;
    }
    Task.Work work = work(kind, arguments);
    while (in.readLine() != null) {
      System.gc();
      Lap lap = new Lap();
      work.run(lap);
      System.out.println(
          lap.seconds()
              + " "
              + lap.cpuSeconds()
              + " "
              + lap.memory().heapBytes()
              + " "
              + lap.memory().offHeapBytes()
              + " "
              + lap.memory().anonymousRssBytes());
    }
  }

  private static Task.Work work(Kind kind, String[] arguments) {
    Path model = RemotePath.orLocal(arguments[1]);
    return switch (kind) {
      case PLAIN -> plain(URI.create(arguments[1]), Long.parseLong(arguments[2]));
      case READ -> {
        List<TensorBytes.Range> pieces = pieces(Checkpoint.open(model));
        yield lap -> lap.time(() -> read(pieces));
      }
      case QUANTIZE -> {
        int threads = Integer.parseInt(arguments[4]);
        DiffusionQuantConfig config =
            DiffusionQuantConfig.builder()
                .bitWidth(Integer.parseInt(arguments[3]))
                .threads(threads)
                .build();
        Stages stages = new Stages(model, Path.of(arguments[2]), config, threads);
        yield stages.whole(kind.name(), IoMode.READ).work();
      }
      default ->
          lap ->
              lap.time(
                  () -> {
                    // Anew each time: what was read of a path's files is kept with it.
                    Checkpoint.open(RemotePath.of(arguments[1]));
                    return 0;
                  });
    };
  }

  private static Task.Work plain(URI address, long size) {
    HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    int ranges = (int) ((size + RANGE - 1) / RANGE);
    return lap ->
        lap.time(
            () -> {
              Parallel.run(AT_ONCE, ranges, () -> i -> get(client, address, i * RANGE));
              return 0;
            });
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

  private static List<TensorBytes.Range> pieces(Checkpoint checkpoint) {
    List<TensorBytes.Range> pieces = new ArrayList<>();
    for (CheckpointTensor tensor : checkpoint.tensors()) {
      for (long at = 0; at < tensor.byteSize(); at += PIECE) {
        pieces.add(new TensorBytes.Range(tensor, at, Math.min(PIECE, tensor.byteSize() - at)));
      }
    }
    return pieces;
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
}
