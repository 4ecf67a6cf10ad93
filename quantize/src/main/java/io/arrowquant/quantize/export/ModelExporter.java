package io.arrowquant.quantize.export;

import io.arrowquant.arrow.output.DistinctPaths;
import io.arrowquant.arrow.output.OutputKind;
import io.arrowquant.arrow.output.StagedOutput;
import io.arrowquant.arrow.parquet.LayerRecord;
import io.arrowquant.core.ArrowQuantException;
import io.arrowquant.core.InvalidModelException;
import io.arrowquant.core.OutputExistsException;
import io.arrowquant.core.Progress;
import io.arrowquant.core.config.MemoryLimits;
import io.arrowquant.core.config.Target;
import io.arrowquant.quantize.QuantizedModel;
import io.arrowquant.quantize.pipeline.BoundedMemory;
import io.arrowquant.quantize.restore.CompanionCopy;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.arrow.memory.BufferAllocator;

/**
 * Writes a quantized model in the format of another runtime, in bounded memory: what is decided is
 * decided before the first byte is written.
 */
public final class ModelExporter {

  private static final OutputKind KIND =
      new OutputKind(
          "an export of ArrowQuant (it has no " + ExportReport.FILE_NAME + ")",
          folder -> Files.exists(folder.resolve(ExportReport.FILE_NAME)),
          ExportReport.FILE_NAME);

  private static final String NOTHING_QUANTIZED =
      "Nothing is quantized in this export: it has the weights as they are and no quantization for"
          + " a runtime to find.";

  private final ExportOptions options;

  /**
   * @param options the format and what may be done to reach it
   */
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
    DistinctPaths.check(source, target);
    StagedOutput.checkReplaceable(target, options.overwrite(), KIND);
    try (QuantizedModel opened = QuantizedModel.open(source);
        BoundedMemory memory =
            new BoundedMemory(MemoryLimits.DEFAULT_MB, "an export has no more")) {
      return memory.within(() -> export(opened, source, target, memory.allocator(), progress));
    }
  }

  private ExportResult export(
      QuantizedModel model, Path source, Path target, BufferAllocator memory, Progress progress) {
    LayerChoice choice = new LayerChoice(options, memory);
    Set<String> applied = appliedScales(model.layers());
    List<LayerExport> layers = new ArrayList<>();
    for (LayerRecord layer : model.layers()) {
      if (!applied.contains(layer.name())) {
        layers.add(choice.choose(model.layer(layer.name())));
      }
    }
    List<String> notes = new ArrayList<>();
    if (layers.stream().noneMatch(LayerExport.Packed.class::isInstance)) {
      notes.add(NOTHING_QUANTIZED);
    }
    List<Component> components = Component.of(layers);
    List<PlannedFiles> planned = components.stream().map(c -> plan(c, memory, notes)).toList();
    ExportReport report = new ExportReport(options.format(), layers);
    long total = planned.stream().mapToLong(PlannedFiles::bytes).sum();
    long[] done = {0};
    try (StagedOutput staged = StagedOutput.create(target, options.overwrite(), KIND, false)) {
      for (PlannedFiles files : planned) {
        files.write(
            staged.folder(),
            bytes -> {
              done[0] += bytes;
              progress.onProgress(done[0], total, "exporting");
            });
      }
      CompanionCopy.copy(source, staged.folder());
      if (options.format() != Target.Format.GGUF) {
        components.forEach(c -> ConfigFile.write(c, options.format(), staged.folder()));
      }
      report.write(staged.folder());
      List<Path> files = forced(staged.folder());
      staged.publish().ifPresent(notes::add);
      return new ExportResult(target, files, size(target, files), report.layers(), notes);
    }
  }

  /** Scales that were multiplied into the weights they belong to; beside kept ones they stay. */
  private static Set<String> appliedScales(List<LayerRecord> layers) {
    Set<String> applied = new HashSet<>();
    layers.stream()
        .filter(layer -> layer.quantization() != null && layer.scaleTensor() != null)
        .forEach(layer -> applied.add(layer.scaleTensor()));
    layers.stream()
        .filter(layer -> layer.quantization() == null && layer.scaleTensor() != null)
        .forEach(layer -> applied.remove(layer.scaleTensor()));
    return applied;
  }

  private PlannedFiles plan(Component component, BufferAllocator memory, List<String> notes) {
    return switch (options.format()) {
      case MLX, COMPRESSED_TENSORS -> new SafeTensorsExport(options, memory).plan(component);
      case GGUF -> new GgufExport(options, memory, notes).plan(component);
    };
  }

  /** All files of the folder, relative to it, forced to the disk. */
  private static List<Path> forced(Path folder) {
    try (Stream<Path> tree = Files.walk(folder)) {
      List<Path> files = tree.filter(Files::isRegularFile).sorted().toList();
      for (Path file : files) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
          channel.force(true);
        }
      }
      return files.stream().map(folder::relativize).toList();
    } catch (IOException e) {
      throw ArrowQuantException.whileWriting(folder, e);
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
