package io.arrowquant.benchmarks;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.arrowquant.cli.text.Json;
import io.arrowquant.cli.text.Table;
import java.io.PrintWriter;
import java.util.Locale;

/** Measurements for people, a row each, and for machines. */
final class MeasurementTable {

  private final Table table =
      new Table(
          "what",
          "seconds",
          "least",
          "most",
          "first",
          "CPU s",
          "M weights/s",
          "GB/s",
          "to limit",
          "heap MB",
          "off-heap MB",
          "anon RSS MB");

  /**
   * @param limitSeconds what the machine would need at best; NaN where that is not known
   */
  void add(Measurement m, double limitSeconds) {
    Memory memory = m.memory();
    table.row(
        m.task().name(),
        seconds(m.seconds()),
        seconds(m.least()),
        seconds(m.greatest()),
        seconds(m.firstSeconds()),
        seconds(m.cpuSeconds()),
        m.task().weights() == 0 ? "" : number(m.weightsPerSecond() / 1e6, 0),
        m.task().bytes() == 0 ? "" : number(m.bytesPerSecond() / 1e9, 2),
        Double.isNaN(limitSeconds) ? "" : number(limitSeconds / m.seconds(), 2),
        number(memory.heapBytes() / 1e6, 0),
        number(memory.offHeapBytes() / 1e6, 0),
        memory.anonymousRssBytes() == null ? "" : number(memory.anonymousRssBytes() / 1e6, 0));
  }

  void print(PrintWriter out) {
    table.print(out, "");
  }

  static ObjectNode json(Measurement m, double limitSeconds) {
    ObjectNode node = Json.object().put("name", m.task().name()).put("seconds", m.seconds());
    node.put("seconds_least", m.least()).put("seconds_most", m.greatest());
    node.put("seconds_first", m.firstSeconds()).put("cpu_seconds", m.cpuSeconds());
    if (m.task().weights() > 0) {
      node.put("weights", m.task().weights()).put("weights_per_second", m.weightsPerSecond());
    }
    if (m.task().bytes() > 0) {
      node.put("bytes", m.task().bytes()).put("gb_per_second", m.bytesPerSecond() / 1e9);
    }
    if (!Double.isNaN(limitSeconds)) {
      node.put("limit_seconds", limitSeconds).put("ratio_to_limit", limitSeconds / m.seconds());
    }
    node.put("peak_heap_bytes", m.memory().heapBytes());
    node.put("peak_off_heap_bytes", m.memory().offHeapBytes());
    node.put("peak_anonymous_rss_bytes", m.memory().anonymousRssBytes());
    return node;
  }

  private static String seconds(double seconds) {
    return number(seconds, seconds < 0.1 ? 4 : 3);
  }

  private static String number(double value, int decimals) {
    return String.format(Locale.ROOT, "%." + decimals + "f", value);
  }

  /** One line: what was measured on, and how busy it was with other things. */
  static void printMachine(PrintWriter out, double loadBefore) {
    out.println(Machine.current().line());
    out.printf(
        Locale.ROOT,
        "Load average %.1f before, %.1f after.%n%n",
        loadBefore,
        Machine.loadAverage());
  }

  static ObjectNode machineJson(double loadBefore) {
    ObjectNode machine = Machine.current().json();
    machine.set("load_average_before", Json.number(loadBefore));
    machine.set("load_average_after", Json.number(Machine.loadAverage()));
    return machine;
  }
}
