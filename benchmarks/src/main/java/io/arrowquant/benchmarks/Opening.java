package io.arrowquant.benchmarks;

import io.arrowquant.arrow.output.FileTree;
import io.arrowquant.core.checkpoint.Checkpoint;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Opening checkpoints of many sizes and making an Arrow vector of every tensor. */
final class Opening {

  static final Map<String, SparseCheckpoint> MODELS = models();

  private Opening() {}

  private static Map<String, SparseCheckpoint> models() {
    Map<String, SparseCheckpoint> models = new LinkedHashMap<>();
    models.put("100 M parameters, 300 tensors", SparseCheckpoint.of(100_000_000, 300, 1));
    models.put("600 M parameters, 300 tensors", SparseCheckpoint.of(600_000_000, 300, 1));
    models.put("7 B parameters, 300 tensors, 3 files", SparseCheckpoint.of(7_000_000_000L, 300, 3));
    models.put("100,000 tensors", SparseCheckpoint.of(100_000L * 4096, 100_000, 1));
    return models;
  }

  static List<Measurement> run(
      Map<String, SparseCheckpoint> models, Folder folder, int rounds, Consumer<String> log)
      throws Exception {
    List<Task> tasks = new ArrayList<>();
    for (Map.Entry<String, SparseCheckpoint> each : models.entrySet()) {
      Path model = folder.resolve("sparse-" + tasks.size());
      FileTree.delete(model);
      each.getValue().write(model);
      tasks.add(task("open: " + each.getKey(), each.getValue(), () -> Checkpoint.open(model)));
      tasks.add(
          task("open and wrap: " + each.getKey(), each.getValue(), () -> Stages.wrapAll(model)));
    }
    return List.copyOf(new Rounds(rounds, log).run(tasks).values());
  }

  private static Task task(String name, SparseCheckpoint model, Runnable work) {
    return new Task(
        name,
        0,
        model.parameters(),
        lap ->
            lap.time(
                () -> {
                  work.run();
                  return 0;
                }));
  }
}
