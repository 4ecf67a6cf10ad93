package io.arrowquant.spark;

import io.arrowquant.core.ArrowQuantException;
import io.arrowquant.quantize.QuantizationResult;
import java.io.PrintStream;
import java.util.Locale;
import org.apache.spark.sql.SparkSession;

/**
 * Quantizes a model on a cluster: {@code spark-submit --class io.arrowquant.spark.QuantizeJob JAR
 * --input URI --output URI}, with the options of {@code arrowquant quantize}.
 */
public final class QuantizeJob {

  private static final String USAGE =
      """
      Usage: spark-submit --class io.arrowquant.spark.QuantizeJob JAR --input URI --output URI [OPTION]...
      Options of 'arrowquant quantize' mean what they mean there:
        -b, --bits BITS    -g, --group-size N  --method METHOD     --profile PROFILE  --for TARGET
        --modality WORD    --calibration FILE  --[no-]time-aware   --[no-]spatial     --time-groups N
        --min-accuracy C   --min-sqnr DB       --no-fallback       --tensor-type RULE --tensor-type-file FILE
        --quantize GLOB    --keep GLOB         --include GLOB      --exclude GLOB     --config FILE
        --target-size SIZE --target-bpw BITS   --overwrite         --allow-requantize
        --max-memory MIB   memory outside the heap of each task, and of the driver (default: 512)
        -t, --threads N    workers of the driver, for calibration and target sizes
        --task-size SIZE   source bytes of a task; each writes a file of weights (default: 256MiB)
      FILE is on the driver's disk.""";

  private QuantizeJob() {}

  /** Ends the process with 1 and a sentence where the job fails. */
  public static void main(String... arguments) {
    if (arguments.length == 0 || arguments[0].equals("--help") || arguments[0].equals("-h")) {
      System.out.println(USAGE);
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
