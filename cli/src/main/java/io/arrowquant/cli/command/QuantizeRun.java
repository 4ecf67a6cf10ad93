package io.arrowquant.cli.command;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.arrowquant.cli.progress.ProgressDisplay;
import io.arrowquant.core.checkpoint.Checkpoint;
import io.arrowquant.core.config.DiffusionQuantConfig;
import io.arrowquant.quantize.ArrowQuantV2;
import io.arrowquant.quantize.QuantizationResult;
import io.arrowquant.quantize.ValidationReport;
import io.arrowquant.quantize.pipeline.RunOptions;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * One model through {@code quantize}, as far as it is to go.
 *
 * @param messages takes what there is to say
 * @param err for progress
 * @param dryRun whether to plan alone
 * @param validate whether to decode what was written and compare it
 */
record QuantizeRun(OutputOptions messages, PrintWriter err, boolean dryRun, boolean validate) {

  /**
   * Runs, and deletes what was downloaded for it.
   *
   * @param target null where it is to plan alone
   */
  Outcome run(Path source, Path target, DiffusionQuantConfig config, RunOptions options) {
    messages.say(config.notices());
    try {
      Checkpoint.open(source).warnings().forEach(warning -> messages.say(warning(warning)));
      return dryRun ? plan(source, config, options) : quantize(source, target, config, options);
    } finally {
      RemoteSource.clean(source);
    }
  }

  private static Outcome plan(Path source, DiffusionQuantConfig config, RunOptions options) {
    PlanReport report = new PlanReport(new ArrowQuantV2().plan(source, config, options));
    return new Outcome(
        ExitCode.DONE,
        null,
        report.estimatedBytes(),
        () -> described(source, report.json()),
        report::print,
        report.plan().calibration().notes());
  }

  private Outcome quantize(
      Path source, Path target, DiffusionQuantConfig config, RunOptions options) {
    ArrowQuantV2 quantizer = new ArrowQuantV2();
    QuantizationResult result;
    try (ProgressDisplay progress = ProgressDisplay.on(err, messages.quiet)) {
      result =
          quantizer.quantizeFromSafeTensors(
              source, target, config, options, RemoteSource.withRate(source, progress));
    }
    ValidationReport validation = null;
    if (validate) {
      try (ProgressDisplay progress = ProgressDisplay.on(err, messages.quiet)) {
        // Validation counts weights; the display speaks of the source's bytes.
        double bytesPerWeight = (double) result.sourceBytes() / Math.max(1, result.parameters());
        validation =
            quantizer.validate(
                source,
                target,
                config,
                options,
                (done, all, what) ->
                    progress.onProgress(
                        (long) (done * bytesPerWeight), (long) (all * bytesPerWeight), what));
      }
    }
    return outcome(source, new RunReport(result, config, validation));
  }

  private Outcome outcome(Path source, RunReport report) {
    List<String> remarks = new ArrayList<>();
    if (messages.verbose) {
      remarks.addAll(report.circumstances());
    }
    remarks.addAll(report.result().notes());
    report.warnings().forEach(warning -> remarks.add(warning(warning)));
    boolean invalid = report.validation() != null && !report.validation().passed();
    return new Outcome(
        invalid ? ExitCode.FAILED : ExitCode.DONE,
        invalid ? ValidationText.failure(report.validation()) + "." : null,
        report.result().storedBytes(),
        () -> described(source, report.json()),
        report::print,
        remarks);
  }

  private static ObjectNode described(Path source, ObjectNode json) {
    RemoteSource.describe(source, json);
    return json;
  }

  private static String warning(String sentence) {
    return "warning: " + sentence;
  }
}
