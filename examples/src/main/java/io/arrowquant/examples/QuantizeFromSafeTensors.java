package io.arrowquant.examples;

import io.arrowquant.core.ArrowQuantException;
import io.arrowquant.core.config.DiffusionQuantConfig;
import io.arrowquant.quantize.ArrowQuantV2;
import io.arrowquant.quantize.QuantizationResult;
import io.arrowquant.quantize.ValidationReport;
import java.nio.file.Path;

/** Quantizes a SafeTensors model to INT4, shows the progress, and checks what was written. */
public final class QuantizeFromSafeTensors {

  private QuantizeFromSafeTensors() {}

  public static void main(String[] args) {
    if (args.length != 2) {
      System.err.println("usage: QuantizeFromSafeTensors MODEL OUT");
      System.exit(2);
    }
    try {
      quantize(Path.of(args[0]), Path.of(args[1]));
    } catch (ArrowQuantException failure) {
      // One sentence that names the file, the tensor, what was found and what was expected.
      System.err.println(failure.getMessage());
      System.exit(1);
    }
  }

  static ValidationReport quantize(Path model, Path out) {
    DiffusionQuantConfig config =
        DiffusionQuantConfig.builder().bitWidth(4).groupSize(128).minAccuracy(0.9).build();
    ArrowQuantV2 quantizer = new ArrowQuantV2();

    QuantizationResult result =
        quantizer.quantizeFromSafeTensors(
            model,
            out,
            config,
            (done, all, what) -> System.out.printf("%d of %d bytes: %s%n", done, all, what));

    System.out.printf(
        "%s: %.1f MB, ratio %.2f, cosine %.4f, %.1f dB, %.2f bits per weight, %.1f s%n",
        result.quantizedPath(),
        result.modelSizeMb(),
        result.compressionRatio(),
        result.cosineSimilarity(),
        result.sqnrDb(),
        result.bitsPerWeight(),
        result.quantizationTimeSeconds());

    ValidationReport report = quantizer.validate(model, out, config);
    System.out.println(report.passed() ? "valid" : "not valid");
    return report;
  }
}
