package io.arrowquant.spark;

import io.arrowquant.core.ArrowQuantException;
import io.arrowquant.core.config.ConfigOption;
import io.arrowquant.quantize.QuantizationResult;
import java.io.PrintStream;
import java.util.Locale;
import org.apache.spark.sql.SparkSession;

/**
 * Quantizes a model on a cluster: {@code spark-submit --class io.arrowquant.spark.QuantizeJob JAR
 * --input URI --output URI}, with the options of {@code arrowquant quantize}.
 */
public final class QuantizeJob {

  private static final String OWN_OPTIONS =
      """
      Usage: spark-submit --class io.arrowquant.spark.QuantizeJob JAR --input URI --output URI [OPTION]...
        -i, --input URI
            What to quantize.
        -o, --output URI
            Folder to write; complete when the job is done.
        --overwrite
            Replace a model at the output once the new one is there.
        --allow-requantize
            Take a model that another tool has quantized already.
        --task-size SIZE
            Source bytes of a task; each writes a file of weights (default: 256MiB).
      And those of 'arrowquant quantize', where FILE is on the driver's disk, --max-memory is that of
      each task and of the driver, and --threads are the driver's, for calibration and target sizes:
      """;

  private QuantizeJob() {}

  /** Ends the process with 1 and a sentence where the job fails. */
  public static void main(String... arguments) {
    if (arguments.length == 0 || arguments[0].equals("--help") || arguments[0].equals("-h")) {
      System.out.print(usage());
      return;
    }
    try {
      JobArguments job = JobArguments.parse(System.getenv(), arguments);
      SparkSession spark = SparkSession.builder().appName("ArrowQuant").getOrCreate();
      try {
        job.config().notices().forEach(QuantizeJob::say);
        QuantizationResult result =
            new SparkQuantizer(spark)
                .quantize(job.input(), job.output(), job.config(), job.options());
        result.notes().forEach(QuantizeJob::say);
        print(result, job.output(), System.out);
      } finally {
        spark.stop();
      }
    } catch (ArrowQuantException e) {
      say(e.getMessage());
      System.exit(1);
    }
  }

  static String usage() {
    StringBuilder usage = new StringBuilder(OWN_OPTIONS);
    for (ConfigOption option : ConfigOption.values()) {
      usage.append("  ").append(String.join(", ", option.names()));
      option.contrary().ifPresent(name -> usage.append(", ").append(name));
      usage.append(" ".repeat(option.label().isEmpty() ? 0 : 1)).append(option.label());
      usage.append("\n      ").append(option.help()).append('\n');
    }
    return usage.toString();
  }

  private static void say(String sentence) {
    System.err.println("arrowquant: " + sentence);
  }

  private static void print(QuantizationResult result, String output, PrintStream out) {
    long quantized = result.layers().stream().filter(l -> l.quantization() != null).count();
    out.println(output);
    out.printf(
        Locale.ROOT,
        "  %.1f MB from %.1f MB, a ratio of %.2f; %.2f bits per weight%n",
        result.storedBytes() / 1e6,
        result.sourceBytes() / 1e6,
        result.compressionRatio(),
        result.bitsPerWeight());
    out.printf(
        Locale.ROOT,
        "  %d of %d tensors quantized, modality %s, cosine %.6f, SQNR %.2f dB%n",
        quantized,
        result.layers().size(),
        result.modality().word(),
        result.cosineSimilarity(),
        result.sqnrDb());
    out.printf(
        Locale.ROOT,
        "  %.1f s, %.1f MB of buffers at most in a task%n",
        result.quantizationTimeSeconds(),
        result.peakMemoryBytes() / 1e6);
  }
}
