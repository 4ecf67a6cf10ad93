package io.arrowquant.benchmarks;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Runs tasks in turns, so that whatever else the machine does meanwhile falls on all of them. One
 * round more comes first, for the JIT compiler and the page cache.
 */
final class Rounds {

  private final int count;
  private final Consumer<String> log;

  /**
   * @param log hears of each round
   */
  Rounds(int count, Consumer<String> log) {
    this.count = count;
    this.log = log;
  }

  /** By name, in the order of the tasks. */
  Map<String, Measurement> run(List<Task> tasks) throws Exception {
    Map<String, List<Lap>> laps = new LinkedHashMap<>();
    for (int round = 0; round <= count; round++) {
      log.accept(round == 0 ? "warming up" : "round " + round + " of " + count);
      for (Task task : tasks) {
        System.gc();
        Lap lap = new Lap();
        task.work().run(lap);
        laps.computeIfAbsent(task.name(), name -> new ArrayList<>()).add(lap);
      }
    }
    Map<String, Measurement> measurements = new LinkedHashMap<>();
    for (Task task : tasks) {
      measurements.put(task.name(), measurement(task, laps.get(task.name())));
    }
    return measurements;
  }

  private static Measurement measurement(Task task, List<Lap> laps) {
    List<Lap> counted = laps.subList(1, laps.size());
    return new Measurement(
        task,
        laps.get(0).seconds(),
        counted.stream().map(Lap::seconds).toList(),
        counted.stream().mapToDouble(Lap::cpuSeconds).min().orElseThrow(),
        counted.stream().map(Lap::memory).reduce(Memory::max).orElseThrow());
  }
}
