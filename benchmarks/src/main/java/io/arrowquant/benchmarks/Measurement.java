package io.arrowquant.benchmarks;

import java.util.List;

/**
 * The rounds of one task.
 *
 * @param firstSeconds of the round before, while the JVM was warming up
 * @param rounds seconds of each, ascending
 * @param cpuSeconds of all threads together, in the round that took least: what the time would come
 *     to on a machine that does nothing else
 * @param memory the most of all rounds
 */
record Measurement(
    Task task, double firstSeconds, List<Double> rounds, double cpuSeconds, Memory memory) {

  Measurement {
    rounds = rounds.stream().sorted().toList();
  }

  /** The median. */
  double seconds() {
    int middle = rounds.size() / 2;
    return rounds.size() % 2 == 1
        ? rounds.get(middle)
        : (rounds.get(middle - 1) + rounds.get(middle)) / 2;
  }

  double least() {
    return rounds.get(0);
  }

  double greatest() {
    return rounds.get(rounds.size() - 1);
  }

  double weightsPerSecond() {
    return task.weights() / seconds();
  }

  double bytesPerSecond() {
    return task.bytes() / seconds();
  }
}
