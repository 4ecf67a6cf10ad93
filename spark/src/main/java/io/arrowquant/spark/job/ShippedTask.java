package io.arrowquant.spark.job;

import io.arrowquant.quantize.pipeline.PartTask;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
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

  PartTask task(Configuration hadoop) {
    return new PartTask(tensors.stream().map(tensor -> tensor.plan(hadoop)).toList(), from, to);
  }
}
