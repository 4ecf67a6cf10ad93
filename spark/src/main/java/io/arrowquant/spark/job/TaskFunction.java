package io.arrowquant.spark.job;

import io.arrowquant.arrow.source.IoMode;
import io.arrowquant.core.config.DiffusionQuantConfig;
import io.arrowquant.quantize.pipeline.PartReport;
import io.arrowquant.quantize.pipeline.PartTask;
import io.arrowquant.spark.hadoop.HadoopPaths;
import java.nio.file.Path;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.Function;
import org.apache.spark.util.SerializableConfiguration;

/**
 * What an executor does with a task.
 *
 * @param folder location of the folder of attempts
 * @param pass tells the classes of a run apart
 * @param io how files on local disks are brought in
 * @param footer key-value metadata for every file
 */
record TaskFunction(
    String folder,
    int pass,
    DiffusionQuantConfig config,
    IoMode io,
    Map<String, String> footer,
    SerializableConfiguration hadoop)
    implements Function<byte[], byte[]> {

  private static final long serialVersionUID = 1;

  @Override
  public byte[] call(byte[] packed) {
    Configuration configuration = hadoop.value();
    ShippedTask shipped = Packed.unpack(packed, ShippedTask.class);
    PartTask task = shipped.task(configuration);
    TaskContext context = TaskContext.get();
    // No two attempts of an application have the same number, so none sees another's file.
    String name =
        "class-%03d-task-%05d-attempt-%d.parquet"
            .formatted(pass, shipped.number(), context.taskAttemptId());
    Path file = HadoopPaths.of(folder, configuration).resolve(name);
    boolean local = HadoopPaths.isLocal(task.tensors().get(0).tensor().file().file());
    PartReport report =
        task.run(file, config, footer, new PartTask.Way(local ? io : IoMode.READ, context.cpus()));
    return Packed.pack(new TaskResult(name, report));
  }
}
