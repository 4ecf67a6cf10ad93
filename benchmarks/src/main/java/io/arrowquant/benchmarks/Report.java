package io.arrowquant.benchmarks;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.arrowquant.cli.text.Json;
import io.arrowquant.cli.text.Quantity;
import io.arrowquant.quantize.QuantizationResult;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.Map;
import java.util.stream.DoubleStream;

/**
 * What an {@link EndToEnd} bench found.
 *
 * @param result of a run
 * @param loadBefore the load average before the rounds
 * @param measurements by the task's name
 */
record Report(
    EndToEnd bench,
    Stages stages,
    QuantizationResult result,
    double loadBefore,
    Map<String, Measurement> measurements) {

  static final String COPY = "copy memory, all threads";
  static final String READ = "read input, all threads";
  static final String WRITE = "write output, forced";
  static final String WRITE_CACHED = "write output, not forced";
  static final String KERNEL = "kernel, all threads";
  static final String KERNEL_ENCODE = "kernel and encode";
  static final String WHOLE = "whole run";
  static final String WHOLE_READ = "whole run, --io read";
  static final String DECODE = "decode";

  /**
   * The least time that a task could take: a whole run can be no faster than the slowest of reading
   * its input, the kernel, and writing its output to the disk, were they perfectly overlapped.
   */
  private double limit(Measurement m) {
    return switch (m.task().name()) {
      case KERNEL, KERNEL_ENCODE -> seconds(READ);
      case WHOLE, WHOLE_READ -> limitOfRun(WRITE);
      case DECODE -> m.task().bytes() / measurements.get(COPY).bytesPerSecond();
      default -> Double.NaN;
    };
  }

  private double limitOfRun(String write) {
    return DoubleStream.of(seconds(READ), seconds(KERNEL), seconds(write)).max().orElseThrow();
  }

  private double seconds(String task) {
    return measurements.get(task).seconds();
  }

  void print(PrintWriter out) {
    MeasurementTable.printMachine(out, loadBefore);
    out.printf(
        Locale.ROOT,
        "%s parameters, %s, %s in; INT%d, %s out (%.2f bits per weight, %.2f dB); %d threads, "
            + "medians of %d rounds%n%n",
        Quantity.count(stages.parameters()),
        bench.dtype(),
        Quantity.bytes(stages.sourceBytes()),
        bench.bits(),
        Quantity.bytes(result.storedBytes()),
        result.bitsPerWeight(),
        result.sqnrDb(),
        bench.threads(),
        bench.rounds());
    MeasurementTable table = new MeasurementTable();
    measurements.values().forEach(m -> table.add(m, limit(m)));
    table.print(out);
    out.printf(
        Locale.ROOT,
        "%nThe whole run reaches %.2f of its limit of %.3f s (reading, kernel, forced writing); "
            + "%.2f of %.3f s if nothing were forced to the disk.%n",
        limitOfRun(WRITE) / seconds(WHOLE),
        limitOfRun(WRITE),
        limitOfRun(WRITE_CACHED) / seconds(WHOLE),
        limitOfRun(WRITE_CACHED));
  }

  ObjectNode json() {
    ObjectNode root = Json.object();
    root.set("machine", MeasurementTable.machineJson(loadBefore));
    root.set(
        "model",
        Json.object()
            .put("parameters", stages.parameters())
            .put("dtype", bench.dtype().name())
            .put("bytes", stages.sourceBytes()));
    root.put("bits", bench.bits()).put("threads", bench.threads()).put("rounds", bench.rounds());
    root.put("output_bytes", result.storedBytes());
    root.put("bits_per_weight", result.bitsPerWeight());
    root.set("sqnr_db", Json.number(result.sqnrDb()));
    Measurement whole = measurements.get(WHOLE);
    root.set(
        "end_to_end",
        MeasurementTable.json(whole, limit(whole))
            .put("ratio_to_limit_not_forced", limitOfRun(WRITE_CACHED) / whole.seconds()));
    ArrayNode all = root.putArray("measurements");
    measurements.values().forEach(m -> all.add(MeasurementTable.json(m, limit(m))));
    return root;
  }
}
