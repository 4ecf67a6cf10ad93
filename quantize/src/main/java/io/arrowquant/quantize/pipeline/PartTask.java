package io.arrowquant.quantize.pipeline;

import io.arrowquant.arrow.parquet.ModelFile;
import io.arrowquant.arrow.parquet.writer.PartWriter;
import io.arrowquant.arrow.source.IoMode;
import io.arrowquant.arrow.tensor.TensorBytes;
import io.arrowquant.core.ArrowQuantException;
import io.arrowquant.core.config.DiffusionQuantConfig;
import io.arrowquant.quantize.measure.ErrorSums;
import io.arrowquant.quantize.plan.AccuracyGate;
import io.arrowquant.quantize.plan.SlicePlan;
import io.arrowquant.quantize.plan.SlicePlan.Slice;
import io.arrowquant.quantize.plan.SlicePlan.Unit;
import io.arrowquant.quantize.plan.TensorPlan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Work for one file of weights, to be done anywhere by whoever can read the checkpoint: whole
 * units, each settled by itself, or a piece of a unit that is settled when all its pieces are done.
 *
 * @param tensors all of one class, whole units of them
 * @param from the first slice of these that is done
 * @param to the slice after the last
 */
public record PartTask(List<TensorPlan> tensors, int from, int to) {

  /**
   * How a task is done, none of which changes a stored number.
   *
   * @param io how source bytes are brought in
   * @param threads workers
   */
  public record Way(IoMode io, int threads) {}

  public PartTask {
    tensors = List.copyOf(tensors);
  }

  /** Whether slices of the unit are left to other tasks. */
  boolean isPiece(List<Unit> units) {
    return to - from < UnitWork.slices(units).size();
  }

  /**
   * Does the work.
   *
   * @param file to write; it does not exist, and does not when this throws or nothing is accepted
   * @param footer key-value metadata of the file
   * @throws ArrowQuantException as {@link DiffusionOrchestrator#run}, {@link
   *     io.arrowquant.core.AccuracyException} excepted
   */
  public PartReport run(
      Path file, DiffusionQuantConfig config, Map<String, String> footer, Way way) {
    try (RunMemory memory = new RunMemory(config);
        TensorBytes bytes = new TensorBytes(way.io(), memory.mappings(), memory.buffers());
        Sink sink = new Sink(file)) {
      return memory.within(
          tensors.get(0).tensor().file().file(),
          way.threads(),
          () -> {
            UnitWork work = new UnitWork(config, bytes, memory.buffers(), way.threads(), null);
            List<Unit> units = SlicePlan.ofClass(tensors).units();
            List<PartReport.Refusal> refused = new ArrayList<>();
            if (UnitWork.keeps(units) || isPiece(units)) {
              List<Slice> slices = UnitWork.slices(units).subList(from, to);
              work.each(slices, sink::take);
            } else {
              work.settle(units, judge(config, refused), sink::take);
            }
            return sink.finish(footer, refused, memory.buffers().getPeakMemoryAllocation());
          });
    }
  }

  private static UnitWork.Judge judge(
      DiffusionQuantConfig config, List<PartReport.Refusal> refused) {
    AccuracyGate gate = new AccuracyGate(config);
    return (TensorPlan tensor, ErrorSums sums) -> {
      boolean accepted = gate.accepts(tensor, sums);
      if (!accepted) {
        refused.add(new PartReport.Refusal(tensor.layerId(), sums));
      }
      return accepted;
    };
  }

  /** The file, made when there is something to write; gone when it was not finished. */
  private static final class Sink implements AutoCloseable {

    private final Path file;
    private final List<WrittenSlice> slices = new ArrayList<>();
    private PartWriter writer;
    private boolean finished;

    Sink(Path file) {
      this.file = file;
    }

    /** Slices without a row group are told of, too: they are a piece's, which others settle. */
    void take(SliceResult result) {
      try (result) {
        if (result.group() != null && writer == null) {
          writer = new PartWriter(file);
        }
        long stored = result.group() == null ? 0 : writer.write(result.group());
        slices.add(WrittenSlice.of(result, stored));
      }
    }

    PartReport finish(
        Map<String, String> footer, List<PartReport.Refusal> refused, long peakMemoryBytes) {
      ModelFile made = new ModelFile("", 0, 0, 0);
      if (writer != null) {
        made = writer.finish("", footer);
        finished = true;
      }
      return new PartReport(
          made.size(), made.rows(), made.crc32c(), slices, refused, peakMemoryBytes);
    }

    @Override
    public void close() {
      if (writer == null || finished) {
        return;
      }
      try (PartWriter unfinished = writer) {
        Files.deleteIfExists(file);
      } catch (IOException e) {
        throw ArrowQuantException.whileWriting(file, e);
      }
    }
  }
}
