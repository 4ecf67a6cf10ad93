package io.arrowquant.quantize.diff;

import io.arrowquant.core.Progress;
import io.arrowquant.quantize.diff.TensorDifference.Change;
import io.arrowquant.quantize.pipeline.OrderedWork;
import io.arrowquant.quantize.pipeline.ProgressReporter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeSet;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;

/** Compares two models tensor by tensor; memory does not grow with them. */
public final class ModelComparison {

  private final int threads;

  /**
   * @param threads workers
   */
  public ModelComparison(int threads) {
    this.threads = threads;
  }

  /**
   * Compares.
   *
   * @param before a checkpoint or a quantized model
   * @param after another
   * @param progress hears of values compared
   */
  public ModelDifference compare(Path before, Path after, Progress progress) {
    try (BufferAllocator memory = new RootAllocator();
        ModelSide first = ModelSide.open(before, memory);
        ModelSide second = ModelSide.open(after, memory)) {
      SortedMap<String, TensorFacts> old = first.tensors();
      SortedMap<String, TensorFacts> young = second.tensors();
      SortedSet<String> all = new TreeSet<>(old.keySet());
      all.addAll(young.keySet());
      List<String> names = List.copyOf(all);
      ProgressReporter reporter =
          new ProgressReporter(
              progress, old.values().stream().mapToLong(ModelComparison::values).sum());
      List<TensorDifference> differences = new ArrayList<>();
      new OrderedWork<TensorDifference>(names.size(), Math.max(1, names.size()))
          .run(
              threads,
              () ->
                  i -> {
                    String name = names.get(i);
                    return compare(name, first, old.get(name), second, young.get(name), memory);
                  },
              difference -> {
                differences.add(difference);
                if (difference.before() != null) {
                  reporter.advance(values(difference.before()), difference.name());
                }
              });
      reporter.finish("compared");
      return new ModelDifference(before, after, differences);
    }
  }

  private static TensorDifference compare(
      String name,
      ModelSide first,
      TensorFacts before,
      ModelSide second,
      TensorFacts after,
      BufferAllocator memory) {
    if (before == null || after == null) {
      return new TensorDifference(
          name, before == null ? Change.ADDED : Change.REMOVED, before, after, null);
    }
    if (!before.shape().equals(after.shape())) {
      return new TensorDifference(name, Change.SHAPE, before, after, null);
    }
    TensorComparison comparison = new TensorComparison(memory);
    try (TensorCursor one = first.open(name, memory);
        TensorCursor other = second.open(name, memory)) {
      comparison.compare(one, other);
    }
    Distance distance = comparison.distance();
    boolean decoded = !before.type().equals(before.dtype().name());
    decoded |= !after.type().equals(after.dtype().name());
    boolean same = comparison.isSame() || decoded && distance != null && distance.differing() == 0;
    Change change =
        before.dtype() != after.dtype() ? Change.DTYPE : same ? Change.SAME : Change.VALUES;
    return new TensorDifference(name, change, before, after, distance);
  }

  private static long values(TensorFacts facts) {
    return facts.shape().stream().reduce(1L, (a, b) -> a * b);
  }
}
