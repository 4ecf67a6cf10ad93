package io.arrowquant.benchmarks;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.arrowquant.arrow.source.IoMode;
import io.arrowquant.cli.text.Json;
import io.arrowquant.cli.text.ParameterCount;
import io.arrowquant.core.safetensors.DType;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Measures; prints a table, or JSON alone on stdout. */
@Command(
    name = "bench",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    showDefaultValues = true,
    description =
        "Measure quantization and each of its stages against the limits of this machine, in one"
            + " run.")
final class BenchCommand implements Callable<Integer> {

  private static final long USUAL = 600_000_000;
  private static final long LARGE = 7_000_000_000L;

  @Spec private CommandSpec spec;

  /** What is measured, if not the run from end to end. */
  static final class Subject {
    @Option(
        names = "--open",
        description = "Measure opening models of up to 7 B parameters and of 100,000 tensors.")
    private boolean open;

    @Option(
        names = "--large",
        description = "Measure the memory of quantizing a sparse file of 7 B zeros (--params).")
    private boolean large;

    @Option(
        names = "--quality",
        description = "Measure error, size and cost of each width and method (MODEL, --rounds).")
    private boolean quality;

    @Option(
        names = "--http",
        description = "Measure reading a model from a server on loopback (--params, --bits).")
    private boolean http;
  }

  @ArgGroup private final Subject subject = new Subject();

  @Option(
      names = "--params",
      converter = ParameterCount.class,
      paramLabel = "COUNT",
      description = "Parameters of the model, about. If not given, 600M, with --large 7B.")
  private Long parameters;

  @Option(names = "--dtype", defaultValue = "bf16", description = "bf16, f16 or f32.")
  private DType dtype;

  @Option(names = "--bits", defaultValue = "4", description = "2, 3, 4, 5, 6 or 8.")
  private int bits;

  @Option(names = "--threads", description = "As many as there are processors if not given.")
  private Integer threads;

  @Option(names = "--rounds", defaultValue = "5", description = "Rounds that count.")
  private int rounds;

  @Option(names = "--io", defaultValue = "mmap", description = "For --large: mmap or read.")
  private IoMode io;

  @Option(
      names = "--dir",
      paramLabel = "DIR",
      description = "Keep the model here; if not given, in a temporary folder that is deleted.")
  private Path directory;

  @Parameters(
      arity = "0..*",
      paramLabel = "MODEL",
      description = "For --quality: models to quantize besides the synthetic weights.")
  private List<Path> models = List.of();

  @Option(names = "--json", description = "Print JSON, alone on stdout.")
  private boolean json;

  @Override
  public Integer call() throws Exception {
    PrintWriter out = spec.commandLine().getOut();
    Consumer<String> log = message -> spec.commandLine().getErr().println("bench: " + message);
    int workers = threads == null ? Runtime.getRuntime().availableProcessors() : threads;
    double load = Machine.loadAverage();
    try (Folder folder = Folder.of(directory)) {
      if (subject.open) {
        print(Opening.run(Opening.MODELS, folder, rounds, log), load);
      } else if (subject.large) {
        print(List.of(new Large(parameters(LARGE), bits, workers, io).run(folder, log)), load);
      } else if (subject.http) {
        Map<String, Measurement> found =
            new RemoteBench(parameters(USUAL), bits, workers, rounds).run(folder, log);
        print(List.copyOf(found.values()), m -> RemoteBench.limit(m, found), load);
      } else if (subject.quality) {
        List<QualityBench.Figure> figures = new QualityBench(rounds).run(models, folder, log);
        if (json) {
          Json.print(out, QualityTable.json(figures));
        } else {
          QualityTable.print(figures, out);
        }
      } else {
        Report report =
            new EndToEnd(parameters(USUAL), dtype, bits, workers, rounds).run(folder, log);
        if (json) {
          Json.print(out, report.json());
        } else {
          report.print(out);
        }
      }
    }
    return 0;
  }

  private long parameters(long otherwise) {
    return parameters == null ? otherwise : parameters;
  }

  private void print(List<Measurement> measurements, double load) {
    print(measurements, m -> Double.NaN, load);
  }

  private void print(
      List<Measurement> measurements, ToDoubleFunction<Measurement> limit, double load) {
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      ObjectNode root = Json.object();
      root.set("machine", MeasurementTable.machineJson(load));
      ArrayNode all = root.putArray("measurements");
      measurements.forEach(m -> all.add(MeasurementTable.json(m, limit.applyAsDouble(m))));
      Json.print(out, root);
      return;
    }
    MeasurementTable.printMachine(out, load);
    MeasurementTable table = new MeasurementTable();
    measurements.forEach(m -> table.add(m, limit.applyAsDouble(m)));
    table.print(out);
  }
}
