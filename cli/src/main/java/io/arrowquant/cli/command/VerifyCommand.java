package io.arrowquant.cli.command;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.arrowquant.cli.progress.ProgressDisplay;
import io.arrowquant.cli.text.Json;
import io.arrowquant.cli.text.Printable;
import io.arrowquant.cli.text.Quantity;
import io.arrowquant.core.Progress;
import io.arrowquant.core.config.DiffusionQuantConfig;
import io.arrowquant.quantize.ArrowQuantV2;
import io.arrowquant.quantize.ValidationReport;
import io.arrowquant.quantize.pipeline.RunOptions;
import io.arrowquant.quantize.verify.Verification;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Says whether a model is what it claims to be. */
@Command(
    name = "verify",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Check a quantized model: sizes and checksums of its files and pages, its schema, and that"
          + " every tensor is there once and decodes.",
      "Ends with 1 where anything is wrong."
    })
final class VerifyCommand implements Callable<Integer> {

  private static final int PROBLEMS = 20;

  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "MODEL", description = "A quantized model's folder.")
  private Path model;

  @Option(
      names = "--source",
      paramLabel = "ORIGINAL",
      description =
          "Also compare every weight with the checkpoint that the model was made from, and the"
              + " figures that the model states with those found.")
  private Path source;

  @Mixin private WorkerOptions workers;

  @Mixin private OutputOptions messages;

  @Override
  public Integer call() {
    PrintWriter err = spec.commandLine().getErr();
    Verification verification;
    try (ProgressDisplay progress = ProgressDisplay.on(err, messages.quiet)) {
      verification = new ArrowQuantV2().verify(model, workers.count(), progress);
    }
    ValidationReport comparison = null;
    if (source != null && verification.passed()) {
      try (ProgressDisplay progress = ProgressDisplay.on(err, messages.quiet)) {
        comparison = compare(progress);
      }
    }
    PrintWriter out = spec.commandLine().getOut();
    if (messages.json) {
      Json.print(out, json(verification, comparison));
    } else {
      print(verification, out);
      if (comparison != null) {
        ValidationText.print(comparison, out);
      }
      out.flush();
    }
    boolean passed = verification.passed() && (comparison == null || comparison.passed());
    return (passed ? ExitCode.DONE : ExitCode.FAILED).number();
  }

  /** No accuracy is asked for here: the model is to be what it says, good or not. */
  private ValidationReport compare(Progress progress) {
    DiffusionQuantConfig config =
        DiffusionQuantConfig.builder().minAccuracy(0).threads(workers.count()).build();
    return new ArrowQuantV2().validate(source, model, config, RunOptions.DEFAULT, progress);
  }

  private void print(Verification found, PrintWriter out) {
    if (found.passed()) {
      out.println(
          String.format(
              Locale.ROOT,
              "Verified: %d files as the manifest has them, %d tensors decoded (%s parameters),"
                  + " %.1f s.",
              found.files(),
              found.tensors(),
              Quantity.count(found.parameters()),
              found.seconds()));
      return;
    }
    out.println("Verification failed: " + Printable.line(model.toString()));
    found.problems().stream()
        .limit(PROBLEMS)
        .forEach(
            problem -> out.println("  " + Printable.line(problem.where() + ": " + problem.what())));
    if (found.problems().size() > PROBLEMS) {
      out.println("  and " + (found.problems().size() - PROBLEMS) + " more");
    }
    if (source != null) {
      out.println("Not compared with the source: the model is damaged.");
    }
  }

  private ObjectNode json(Verification found, ValidationReport comparison) {
    ObjectNode json = Json.object();
    json.put("path", model.toString());
    json.put("passed", found.passed() && (comparison == null || comparison.passed()));
    json.put("files", found.files());
    json.put("tensors", found.tensors());
    json.put("parameters", found.parameters());
    json.set("seconds", Json.number(found.seconds()));
    ArrayNode problems = json.putArray("problems");
    for (Verification.Problem problem : found.problems()) {
      problems.addObject().put("where", problem.where()).put("problem", problem.what());
    }
    if (comparison != null) {
      ValidationText.describe(comparison, json.putObject("source"));
    }
    return json;
  }
}
