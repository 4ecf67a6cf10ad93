package io.arrowquant.benchmarks;

import io.arrowquant.arrow.output.FileTree;
import io.arrowquant.benchmarks.RemoteLaps.Kind;
import io.arrowquant.core.checkpoint.Checkpoint;
import io.arrowquant.core.safetensors.DType;
import io.arrowquant.core.safetensors.SafeTensorsHeader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Reading a model from a server on loopback: its ranges alone, and the whole quantization, against
 * plain parallel range requests of the same size; the same over a line of limited rate; and opening
 * a model of many shards over a slow network. The servers and each measurement have processes of
 * their own.
 */
record RemoteBench(long parameters, int bits, int threads, int rounds) {

  /** Milliseconds that the slow network adds to each request. */
  private static final long DELAY = 50;

  /** Bytes per second of the line of limited rate: 3.2 Gbit/s. */
  private static final double RATE = 400e6;

  private static final String PLAIN = "plain range requests, 6 at a time";
  private static final String READ = "read all tensors from the server";
  private static final String REMOTE = "quantize from the server";
  private static final String LOCAL = "quantize the local file, --io read";
  private static final String LINE = " at 400 MB/s";

  Map<String, Measurement> run(Folder folder, Consumer<String> log) throws Exception {
    Path model = folder.model(parameters, DType.BF16, log);
    Path shards = folder.resolve("sparse-30");
    FileTree.delete(shards);
    SparseCheckpoint.of(7_000_000_000L, 300, 30).write(shards);
    Checkpoint checkpoint = Checkpoint.open(model);
    SafeTensorsHeader file = checkpoint.files().get(0);
    long size = file.fileSize();
    long weights = checkpoint.tensors().stream().mapToLong(t -> t.elementCount()).sum();
    String name = "/" + file.file().getFileName();
    List<OwnProcess> processes = new ArrayList<>();
    try {
      String fast = serve(processes, model, 0, Double.POSITIVE_INFINITY) + name;
      String line = serve(processes, model, 0, RATE) + name;
      String slow = serve(processes, shards, DELAY, Double.POSITIVE_INFINITY);
      List<Task> tasks = new ArrayList<>();
      tasks.add(task(processes, PLAIN, size, 0, Kind.PLAIN, fast, size));
      tasks.add(task(processes, READ, size, 0, Kind.READ, fast));
      tasks.add(quantize(processes, REMOTE, fast, folder, size, weights));
      tasks.add(quantize(processes, LOCAL, file.file(), folder, size, weights));
      tasks.add(task(processes, PLAIN + LINE, size, 0, Kind.PLAIN, line, size));
      tasks.add(quantize(processes, REMOTE + LINE, line, folder, size, weights));
      tasks.add(
          task(
              processes,
              "open 30 shards, " + DELAY + " ms a request",
              0,
              0,
              Kind.OPEN,
              slow + "/model.safetensors.index.json"));
      return new Rounds(rounds, log).run(tasks);
    } finally {
      processes.forEach(OwnProcess::close);
    }
  }

  private static String serve(
      List<OwnProcess> processes, Path folder, long delayMillis, double bytesPerSecond)
      throws Exception {
    OwnProcess server = RemoteLaps.start(Kind.SERVE, folder, delayMillis, bytesPerSecond);
    processes.add(server);
    return server.answer();
  }

  private Task quantize(
      List<OwnProcess> processes, String name, Object model, Folder folder, long size, long weights)
      throws Exception {
    return task(processes, name, size, weights, Kind.QUANTIZE, model, folder.path(), bits, threads);
  }

  private static Task task(
      List<OwnProcess> processes,
      String name,
      long bytes,
      long weights,
      Kind kind,
      Object... arguments)
      throws Exception {
    OwnProcess process = RemoteLaps.start(kind, arguments);
    processes.add(process);
    return RemoteLaps.task(name, bytes, weights, process);
  }

  /** What each measurement is held against, in seconds; NaN for nothing. */
  static double limit(Measurement measured, Map<String, Measurement> all) {
    return switch (measured.task().name()) {
      case READ, REMOTE -> all.get(PLAIN).seconds();
      case REMOTE + LINE -> all.get(PLAIN + LINE).seconds();
      default -> measured.task().bytes() == 0 ? 3 * DELAY / 1e3 : Double.NaN;
    };
  }
}
