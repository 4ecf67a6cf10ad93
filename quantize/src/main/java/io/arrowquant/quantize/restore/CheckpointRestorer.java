package io.arrowquant.quantize.restore;

import io.arrowquant.arrow.output.OutputKind;
import io.arrowquant.arrow.output.StagedOutput;
import io.arrowquant.arrow.parquet.Manifest;
import io.arrowquant.arrow.parquet.ModelFile;
import io.arrowquant.arrow.parquet.PageLayout;
import io.arrowquant.arrow.parquet.reader.ModelReader;
import io.arrowquant.arrow.safetensors.SafeTensorsWriter.Entry;
import io.arrowquant.arrow.safetensors.ShardedSafeTensorsWriter;
import io.arrowquant.core.ArrowQuantException;
import io.arrowquant.core.InvalidModelException;
import io.arrowquant.core.Progress;
import io.arrowquant.core.QuotedName;
import io.arrowquant.core.checkpoint.Checkpoint;
import io.arrowquant.core.safetensors.TensorInfo;
import io.arrowquant.quantize.pipeline.BoundedMemory;
import io.arrowquant.quantize.pipeline.OrderedWork;
import io.arrowquant.quantize.pipeline.ProgressReporter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.arrow.memory.BufferAllocator;

/**
 * Writes a model's tensors as a SafeTensors checkpoint: row groups are decoded by N threads, each
 * of which puts its bytes at their place in the file. Memory does not grow with the model.
 */
public final class CheckpointRestorer {

  static final String ENDING = ".safetensors";
  private static final OutputKind FILE =
      new OutputKind("a SafeTensors file", Files::isRegularFile, null);
  private static final OutputKind FOLDER =
      new OutputKind(
          "a folder with one checkpoint and nothing else", CheckpointRestorer::isCheckpoint, null);

  /** The most bytes a thread holds beside a kept row group: decoded weights, and narrowed ones. */
  private static final long CHUNK_BYTES = 48L << 20;

  private final ModelReader reader;
  private final RestoreOptions options;

  /**
   * @param reader stays open until the restoring is done
   */
  public CheckpointRestorer(ModelReader reader, RestoreOptions options) {
    this.reader = reader;
    this.options = options;
  }

  /** Whether an output of this name is one file; otherwise it is a folder. */
  public static boolean isFile(Path output) {
    return output.getFileName() != null && output.getFileName().toString().endsWith(ENDING);
  }

  /**
   * Restores the checkpoint.
   *
   * @param output a file, if its name ends in {@code .safetensors}, or a folder
   * @param progress hears of restored bytes
   * @throws io.arrowquant.core.OutputExistsException if the output may not be written
   * @throws InvalidModelException if the model is damaged
   * @throws io.arrowquant.core.RunInterruptedException if the calling thread is interrupted; then,
   *     as after any error, nothing half-written is left
   */
  public Restoration restore(Path output, Progress progress) {
    long start = System.nanoTime();
    boolean isFile = isFile(output);
    String fileName = isFile ? output.getFileName().toString() : null;
    Manifest manifest = reader.manifest();
    RestorePlan plan =
        isFile
            ? RestorePlan.file(
                fileName.substring(0, fileName.length() - ENDING.length()),
                manifest,
                reader.layers(),
                options.dtype())
            : RestorePlan.folder(manifest, reader.layers(), options.dtype());
    long bytes =
        plan.components().stream()
            .flatMap(c -> c.tensors().stream())
            .mapToLong(tensor -> tensor.entry().byteSize())
            .sum();
    ProgressReporter reporter = new ProgressReporter(progress, bytes);
    List<Path> files = new ArrayList<>();
    List<String> notes = new ArrayList<>();
    try (StagedOutput staged =
            StagedOutput.create(output, options.overwrite(), isFile ? FILE : FOLDER, false);
        BoundedMemory memory =
            new BoundedMemory(
                options.maxMemoryMb(), "raise the limit, --max-memory, or use fewer threads")) {
      List<PageLayout> layouts = reader.layouts();
      for (RestorePlan.Component component : plan.components()) {
        files.addAll(
            memory.within(
                () ->
                    restore(
                        component,
                        isFile,
                        layouts,
                        memory.allocator(),
                        staged.folder(),
                        reporter)));
      }
      reporter.finish("restored");
      if (isFile) {
        staged.publishFile(fileName).ifPresent(notes::add);
      } else {
        files.addAll(CompanionCopy.copy(reader.path(), staged.folder()));
        staged.publish().ifPresent(notes::add);
      }
    }
    return result(output, plan, files, bytes, (System.nanoTime() - start) / 1e9, notes);
  }

  /** The files of a component, relative to the staging folder. */
  private List<Path> restore(
      RestorePlan.Component component,
      boolean isFile,
      List<PageLayout> layouts,
      BufferAllocator memory,
      Path staging,
      ProgressReporter reporter) {
    Path folder = staging.resolve(component.folder());
    createFolder(folder);
    List<Entry> entries = component.tensors().stream().map(RestoredTensor::entry).toList();
    long maxShardBytes = isFile ? Long.MAX_VALUE : options.maxShardBytes();
    try (ShardedSafeTensorsWriter writer =
        ShardedSafeTensorsWriter.create(
            folder, component.baseName(), component.metadata(), entries, maxShardBytes)) {
      do {
        restoreShard(component, writer, layouts, memory, reporter);
      } while (writer.endShard());
      return writer.files().stream().map(staging::relativize).toList();
    }
  }

  private void restoreShard(
      RestorePlan.Component component,
      ShardedSafeTensorsWriter writer,
      List<PageLayout> layouts,
      BufferAllocator memory,
      ProgressReporter reporter) {
    Map<String, Integer> places = new HashMap<>();
    for (int i = 0; i < writer.shard().size(); i++) {
      places.put(writer.shard().get(i).name(), i);
    }
    RestoredTensor[] wanted = new RestoredTensor[reader.layers().size()];
    for (RestoredTensor tensor : component.tensors()) {
      if (places.containsKey(tensor.name())) {
        wanted[tensor.layer().layerId()] = tensor;
      }
    }
    new OrderedWork<Long>(layouts.size(), Math.max(1, layouts.size()))
        .run(
            threads(),
            () -> {
              RowGroupRestorer restorer =
                  new RowGroupRestorer(
                      reader,
                      layouts,
                      memory,
                      (tensor, offset, bytes) ->
                          writer.write(places.get(tensor.name()), offset, bytes));
              return i -> restorer.restore(i, wanted);
            },
            bytes -> reporter.advance(bytes, component.baseName()));
    Optional<TensorInfo> incomplete = writer.firstIncomplete();
    if (incomplete.isPresent()) {
      throw new InvalidModelException(
          QuotedName.of(reader.path())
              + " does not hold tensor "
              + QuotedName.of(incomplete.get().name())
              + " whole.");
    }
  }

  /** As many as the memory suffices for. */
  private int threads() {
    long fit = BoundedMemory.bytes(options.maxMemoryMb()) / (CHUNK_BYTES + reader.largestKept());
    int asked = options.threads().orElse(Runtime.getRuntime().availableProcessors());
    return (int) Math.max(1, Math.min(asked, fit));
  }

  private static void createFolder(Path folder) {
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw ArrowQuantException.whileWriting(folder, e);
    }
  }

  /** A folder with one checkpoint and nothing else: whatever else is there must not be lost. */
  private static boolean isCheckpoint(Path folder) {
    if (!Files.isDirectory(folder)) {
      return false;
    }
    try (Stream<Path> tree = Files.walk(folder)) {
      Checkpoint checkpoint = Checkpoint.open(folder);
      Set<String> own = new HashSet<>(checkpoint.metadata().keySet());
      checkpoint.companionFiles().forEach(file -> own.add(file.toString()));
      return tree.filter(Files::isRegularFile)
          .allMatch(file -> own.contains(folder.relativize(file).toString()));
    } catch (IOException e) {
      throw ArrowQuantException.whileReading(folder, e);
    } catch (ArrowQuantException e) {
      return false;
    }
  }

  private Restoration result(
      Path output,
      RestorePlan plan,
      List<Path> files,
      long bytes,
      double seconds,
      List<String> notes) {
    List<RestoredTensor> tensors =
        plan.components().stream().flatMap(c -> c.tensors().stream()).toList();
    if (tensors.size() < reader.layers().size()) {
      notes.add(
          (reader.layers().size() - tensors.size())
              + " tensors of scales are left out: they are in the weights now.");
    }
    if (isFile(output) && Files.isDirectory(reader.path().resolve(ModelFile.SOURCE))) {
      notes.add(
          "The model's companion files are not beside the one file; a folder as output has them.");
    }
    return new Restoration(
        output,
        files,
        tensors.size(),
        (int) tensors.stream().filter(t -> t.layer().quantization() != null).count(),
        tensors.stream().mapToLong(t -> t.layer().parameters()).sum(),
        bytes,
        seconds,
        notes);
  }
}
