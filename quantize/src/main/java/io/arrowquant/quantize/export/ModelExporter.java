package io.arrowquant.quantize.export;

import io.arrowquant.arrow.parquet.LayerRecord;
import io.arrowquant.arrow.parquet.ModelFile;
import io.arrowquant.core.ArrowQuantException;
import io.arrowquant.core.InvalidModelException;
import io.arrowquant.core.MemoryLimitException;
import io.arrowquant.core.OutputExistsException;
import io.arrowquant.core.Progress;
import io.arrowquant.core.QuotedName;
import io.arrowquant.core.config.Target;
import io.arrowquant.quantize.QuantizedModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.OutOfMemoryException;
import org.apache.arrow.memory.RootAllocator;

/**
 * Writes a quantized model in the format of another runtime, in bounded memory: what is decided is
 * decided before the first byte is written.
 */
public final class ModelExporter {

  private static final int MEMORY_MIB = 512;

  private static final String COMPANIONS = "source/";

  private final ExportOptions options;

  public ModelExporter(ExportOptions options) {
    this.options = options;
  }

  /**
   * Exports a model.
   *
   * @param model its folder
   * @param output the folder to write; complete when this returns, untouched when it throws
   * @param progress hears of bytes written
   * @throws io.arrowquant.core.InvalidConfigException if the format does not hold the model
   * @throws OutputExistsException if the output may not be written
   * @throws InvalidModelException if the model is damaged
   */
  public ExportResult export(Path model, Path output, Progress progress) {
    Path source = model.toAbsolutePath().normalize();
    Path target = output.toAbsolutePath().normalize();
    if (target.startsWith(source) || source.startsWith(target)) {
      throw new OutputExistsException(
          "The output "
              + QuotedName.of(output)
              + " and the model "
              + QuotedName.of(model)
              + " are the same, or one lies inside the other.");
    }
    ExportFolder.checkReplaceable(target, options.overwrite());
    try (QuantizedModel opened = QuantizedModel.open(source);
        BufferAllocator memory = new RootAllocator((long) MEMORY_MIB << 20)) {
      return export(opened, source, target, memory, progress);
    } catch (OutOfMemoryException e) {
      throw new MemoryLimitException(
          "Off-heap memory ran out: an export takes " + MEMORY_MIB + " MiB.", e);
    }
  }

  private ExportResult export(
      QuantizedModel model, Path source, Path target, BufferAllocator memory, Progress progress) {
    LayerChoice choice = new LayerChoice(options, memory);
    List<LayerExport> layers = new ArrayList<>();
    for (LayerRecord layer : model.layers()) {
      layers.add(choice.choose(model.layer(layer.name())));
    }
    List<String> notes = new ArrayList<>();
    List<Component> components = Component.of(layers);
    List<PlannedFiles> planned = components.stream().map(c -> plan(c, memory, notes)).toList();
    ExportReport report = new ExportReport(options.format(), layers);
    long total = planned.stream().mapToLong(PlannedFiles::bytes).sum();
    long[] done = {0};
    try (ExportFolder folder = ExportFolder.create(target, options.overwrite())) {
      for (PlannedFiles files : planned) {
        files.write(
            folder.working(),
            bytes -> {
              done[0] += bytes;
              progress.onProgress(done[0], total, "exporting");
            });
      }
      copyCompanions(model, source, folder.working());
      if (options.format() != Target.Format.GGUF) {
        components.forEach(c -> ConfigFile.write(c, options.format(), folder.working()));
      }
      report.write(folder.working());
      List<Path> files = folder.finish();
      return new ExportResult(target, files, size(target, files), report.layers(), notes);
    }
  }

  private PlannedFiles plan(Component component, BufferAllocator memory, List<String> notes) {
    return switch (options.format()) {
      case MLX, COMPRESSED_TENSORS -> new SafeTensorsExport(options, memory).plan(component);
      case GGUF -> new GgufExport(options, memory, notes).plan(component);
    };
  }

  /** All but the index of the source's shards, which are not there any more. */
  private static void copyCompanions(QuantizedModel model, Path source, Path working) {
    for (ModelFile file : model.manifest().files()) {
      if (!file.path().startsWith(COMPANIONS) || file.path().endsWith(".safetensors.index.json")) {
        continue;
      }
      Path to = working.resolve(file.path().substring(COMPANIONS.length())).normalize();
      if (!to.startsWith(working)) {
        throw new InvalidModelException(
            QuotedName.of(source) + " lists a file outside of its folder.");
      }
      try {
        Files.createDirectories(to.getParent());
        Files.copy(source.resolve(file.path()), to);
      } catch (IOException e) {
        throw ArrowQuantException.whileWriting(to, e);
      }
    }
  }

  private static long size(Path folder, List<Path> files) {
    long size = 0;
    for (Path file : files) {
      try {
        size += Files.size(folder.resolve(file));
      } catch (IOException e) {
        throw ArrowQuantException.whileReading(file, e);
      }
    }
    return size;
  }
}
