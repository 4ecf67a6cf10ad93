package io.arrowquant.cli.command;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.arrowquant.cli.progress.ProgressDisplay;
import io.arrowquant.cli.text.Json;
import io.arrowquant.cli.text.Printable;
import io.arrowquant.cli.text.Quantity;
import io.arrowquant.core.config.MemoryLimits;
import io.arrowquant.quantize.ArrowQuantV2;
import io.arrowquant.quantize.restore.CheckpointRestorer;
import io.arrowquant.quantize.restore.Restoration;
import io.arrowquant.quantize.restore.RestoreOptions;
import io.arrowquant.quantize.restore.TargetDType;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.OptionalInt;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Writes a quantized model as SafeTensors. */
@Command(
    name = "dequantize",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "Write a quantized model as SafeTensors: quantized tensors decoded, kept ones bit for bit.")
final class DequantizeCommand implements Runnable {

  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "MODEL", description = "A quantized model's folder.")
  private Path model;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "OUT",
      required = true,
      description =
          "One file, if it ends in .safetensors; else a folder, with configuration and tokenizer"
              + " files as the original's.")
  private Path output;

  @Option(
      names = "--dtype",
      paramLabel = "DTYPE",
      description =
          "Of the tensors that were quantized: source, f32, f16 or bf16 (default: source, each"
              + " tensor's own). Kept tensors have theirs.")
  private TargetDType dtype = TargetDType.SOURCE;

  @Option(
      names = "--max-shard-size",
      paramLabel = "SIZE",
      converter = SizeWord.class,
      description =
          "Most bytes of tensors in a file of a folder: 1500m, 1.5g, 1.5GiB (default: 5GB).")
  private Long maxShardSize;

  @Option(
      names = "--overwrite",
      description = "Replace a checkpoint at OUT once the new one is there.")
  private boolean overwrite;

  @Mixin private WorkerOptions workers;

  @Option(
      names = "--max-memory",
      paramLabel = "MIB",
      description = "Memory outside the heap, in MiB (default: " + MemoryLimits.DEFAULT_MB + ").")
  private int maxMemory = RestoreOptions.DEFAULT.maxMemoryMb();

  @Mixin private OutputOptions messages;

  @Override
  public void run() {
    Restoration restored;
    PrintWriter err = spec.commandLine().getErr();
    try (ProgressDisplay progress = ProgressDisplay.on(err, messages.quiet)) {
      restored = new ArrowQuantV2().dequantize(model, output, options(), progress);
    }
    PrintWriter out = spec.commandLine().getOut();
    if (messages.json) {
      Json.print(out, json(restored));
    } else if (!messages.quiet) {
      print(restored, out);
      out.flush();
    }
    messages.say(restored.notes());
  }

  private RestoreOptions options() {
    if (maxShardSize != null && CheckpointRestorer.isFile(output)) {
      throw wrong("--max-shard-size is for a folder, but OUT ends in .safetensors.");
    }
    if (maxMemory < MemoryLimits.LEAST_MB) {
      throw wrong(
          "--max-memory is %d, but must be at least %d."
              .formatted(maxMemory, MemoryLimits.LEAST_MB));
    }
    return new RestoreOptions(
        dtype,
        maxShardSize == null ? RestoreOptions.DEFAULT.maxShardBytes() : maxShardSize,
        overwrite,
        OptionalInt.of(workers.count()),
        maxMemory);
  }

  private ParameterException wrong(String message) {
    return new ParameterException(spec.commandLine(), message);
  }

  private static void print(Restoration restored, PrintWriter out) {
    out.println(Printable.line(restored.output().toString()));
    out.println(
        String.format(
            Locale.ROOT,
            "  %d tensors, %d of them decoded and %d bit for bit; %s parameters, %s",
            restored.tensors(),
            restored.dequantizedTensors(),
            restored.tensors() - restored.dequantizedTensors(),
            Quantity.count(restored.parameters()),
            Quantity.bytes(restored.bytes())));
    out.println(
        String.format(
            Locale.ROOT,
            "  %d %s, %.1f s, %s/s",
            restored.files().size(),
            restored.files().size() == 1 ? "file" : "files",
            restored.seconds(),
            Quantity.bytes(restored.bytes() / restored.seconds())));
  }

  private static ObjectNode json(Restoration restored) {
    ObjectNode json = Json.object();
    json.put("path", restored.output().toString());
    json.put("tensors", restored.tensors());
    json.put("dequantized_tensors", restored.dequantizedTensors());
    json.put("parameters", restored.parameters());
    json.put("bytes", restored.bytes());
    json.set("seconds", Json.number(restored.seconds()));
    ArrayNode files = json.putArray("files");
    restored.files().forEach(file -> files.add(file.toString()));
    ArrayNode notes = json.putArray("notes");
    restored.notes().forEach(notes::add);
    return json;
  }
}
