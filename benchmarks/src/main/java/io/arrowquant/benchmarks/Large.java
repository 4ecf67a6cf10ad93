package io.arrowquant.benchmarks;

import io.arrowquant.arrow.output.FileTree;
import io.arrowquant.arrow.source.IoMode;
import io.arrowquant.core.config.DiffusionQuantConfig;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/**
 * One model far larger than memory may be, through the whole quantization, for what it takes of
 * memory. All weights are zero, which says nothing about time.
 */
record Large(long parameters, int bits, int threads, IoMode io) {

  private static final int TENSORS = 300;
  private static final int SHARDS = 3;

  Measurement run(Folder folder, Consumer<String> log) throws Exception {
    Path input = folder.resolve("sparse-large");
    FileTree.delete(input);
    SparseCheckpoint.of(parameters, TENSORS, SHARDS).write(input);
    DiffusionQuantConfig config =
        DiffusionQuantConfig.builder().bitWidth(bits).threads(threads).build();
    Task task =
        new Stages(input, folder.path(), config, threads)
            .whole("whole run of zeros, --io " + io.name().toLowerCase(java.util.Locale.ROOT), io);
    log.accept("quantizing " + parameters + " zeros");
    Lap lap = new Lap();
    task.work().run(lap);
    return new Measurement(
        task, lap.seconds(), List.of(lap.seconds()), lap.cpuSeconds(), lap.memory());
  }
}
