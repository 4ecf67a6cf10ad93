package io.arrowquant.benchmarks;

import io.arrowquant.arrow.output.FileTree;
import io.arrowquant.arrow.source.IoMode;
import io.arrowquant.core.checkpoint.Checkpoint;
import io.arrowquant.core.config.DiffusionQuantConfig;
import io.arrowquant.core.safetensors.DType;
import io.arrowquant.quantize.QuantizationResult;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * The whole quantization and its parts against the machine's limits, all in one run.
 *
 * @param parameters of the seeded model, about
 */
record EndToEnd(long parameters, DType dtype, int bits, int threads, int rounds) {

  Report run(Folder folder, Consumer<String> log) throws Exception {
    Path input = folder.model(parameters, dtype, log);
    DiffusionQuantConfig config =
        DiffusionQuantConfig.builder().bitWidth(bits).threads(threads).build();
    Stages stages = new Stages(input, folder.path(), config, threads);
    Limits limits = new Limits(folder.path());
    double load = Machine.loadAverage();

    Path decoded = folder.resolve("decoded");
    FileTree.delete(decoded);
    try {
      QuantizationResult result = stages.quantize(decoded, IoMode.MMAP);
      List<Task> tasks = new ArrayList<>();
      tasks.add(limits.memoryCopy("copy memory, 1 thread", stages.sourceBytes(), 1));
      tasks.add(limits.memoryCopy(Report.COPY, stages.sourceBytes(), threads));
      List<Path> files = Checkpoint.open(input).files().stream().map(f -> f.file()).toList();
      tasks.add(limits.mappedRead("read input, 1 thread", files, 1));
      tasks.add(limits.mappedRead(Report.READ, files, threads));
      tasks.add(limits.write(Report.WRITE_CACHED, result.storedBytes(), false));
      tasks.add(limits.write(Report.WRITE, result.storedBytes(), true));
      tasks.add(stages.open("open"));
      tasks.add(stages.wrap("open and wrap"));
      tasks.add(stages.kernel("kernel, 1 thread", 1));
      tasks.add(stages.kernel(Report.KERNEL, threads));
      tasks.add(stages.encode(Report.KERNEL_ENCODE, threads));
      tasks.add(stages.whole(Report.WHOLE, IoMode.MMAP));
      tasks.add(stages.whole(Report.WHOLE_READ, IoMode.READ));
      tasks.add(stages.decode(Report.DECODE, decoded));
      Map<String, Measurement> measurements = new Rounds(rounds, log).run(tasks);
      return new Report(this, stages, result, load, measurements);
    } finally {
      FileTree.delete(decoded);
    }
  }
}
