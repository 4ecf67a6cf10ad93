package io.arrowquant.cli.command;

import io.arrowquant.cli.text.Json;
import io.arrowquant.cli.text.Printable;
import io.arrowquant.core.checkpoint.Checkpoint;
import io.arrowquant.core.checkpoint.CheckpointTensor;
import io.arrowquant.quantize.calibration.CalibrationTemplate;
import io.arrowquant.quantize.plan.QuantizationPlan;
import io.arrowquant.quantize.plan.TensorPlan;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Writes an empty calibration file for a model. */
@Command(
    name = "calibrate-template",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    modelTransformer = ConfigOptions.Table.class,
    description =
        "Write an empty calibration file: the names and shapes of every tensor that quantize would"
            + " quantize with the same settings, to be filled where the model runs.")
final class CalibrateTemplateCommand implements Runnable {

  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "MODEL", description = "What quantize takes.")
  private Path model;

  @Option(
      names = {"-o", "--output"},
      order = ConfigOptions.BEFORE,
      paramLabel = "FILE",
      description = "SafeTensors file to write (default: calibration.safetensors).")
  private Path output = Path.of("calibration.safetensors");

  @Option(
      names = "--steps",
      order = ConfigOptions.BEFORE,
      paramLabel = "T",
      description = "Timesteps to tell apart, 1 to 1000 (default: 10).")
  private int steps = 10;

  @Option(
      names = "--timesteps",
      order = ConfigOptions.BEFORE,
      paramLabel = "N",
      description = "Timesteps of the model, 0 to N-1 (default: 1000).")
  private int timesteps = 1000;

  @Mixin private ConfigOptions settings;

  @Mixin private OutputOptions messages;

  @Override
  public void run() {
    CalibrationTemplate template;
    try {
      template = new CalibrationTemplate(steps, timesteps);
    } catch (IllegalArgumentException wrong) {
      throw new ParameterException(spec.commandLine(), wrong.getMessage() + ".", wrong);
    }
    QuantizationPlan plan = QuantizationPlan.of(Checkpoint.open(model), settings.config());
    List<CheckpointTensor> quantized =
        plan.tensors().stream().filter(tensor -> !tensor.isKept()).map(TensorPlan::tensor).toList();
    int layers = template.write(output, quantized);
    PrintWriter out = spec.commandLine().getOut();
    if (messages.json) {
      Json.print(
          out,
          Json.object().put("file", output.toString()).put("layers", layers).put("steps", steps));
    } else if (!messages.quiet) {
      out.println(
          Printable.line(output.toString()) + ": %d layers, %d steps".formatted(layers, steps));
      out.flush();
    }
  }
}
