package io.arrowquant.spark.job;

import io.arrowquant.quantize.pipeline.PartTask;
import io.arrowquant.spark.hadoop.HadoopPaths;
import java.io.Serializable;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;

/**
 * A task on its way to an executor, whole: the executor reads no header.
 *
 * @param number in its class, from 0
 */
record ShippedTask(int number, ArrayList<ShippedTensor> tensors, int from, int to)
    implements Serializable {

  private static final long serialVersionUID = 1;

  static ShippedTask of(int number, PartTask task) {
    List<ShippedTensor> tensors = task.tensors().stream().map(ShippedTensor::of).toList();
    return new ShippedTask(number, new ArrayList<>(tensors), task.from(), task.to());
  }

  /** The task, on the machine that does it; tensors of one file share its path. */
  PartTask task(Configuration hadoop) {
    Map<String, Path> files = new HashMap<>();
    return new PartTask(
        tensors.stream()
            .map(t -> t.plan(at -> files.computeIfAbsent(at, l -> HadoopPaths.of(l, hadoop))))
            .toList(),
        from,
        to);
  }
}
