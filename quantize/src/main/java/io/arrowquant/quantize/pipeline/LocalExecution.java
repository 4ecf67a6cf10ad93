package io.arrowquant.quantize.pipeline;

import io.arrowquant.arrow.parquet.Manifest;
import io.arrowquant.arrow.parquet.ModelFile;
import io.arrowquant.arrow.parquet.writer.ModelFiles;
import io.arrowquant.arrow.parquet.writer.ModelWriter;
import io.arrowquant.quantize.plan.SlicePlan.Unit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import org.apache.arrow.memory.BufferAllocator;

/** Carries out a plan in this process, by one writer. */
final class LocalExecution implements Execution {

  private final ModelWriter writer;
  private final UnitWork work;
  private final BufferAllocator memory;
  private final int threads;

  /**
   * @param writer closed with this
   * @param memory of the run
   */
  LocalExecution(ModelWriter writer, UnitWork work, BufferAllocator memory, int threads) {
    this.writer = writer;
    this.work = work;
    this.memory = memory;
    this.threads = threads;
  }

  @Override
  public void run(List<Unit> units, RunLedger ledger) {
    Consumer<SliceResult> write = result -> write(result, ledger);
    if (UnitWork.keeps(units)) {
      work.each(UnitWork.slices(units), write);
    } else {
      quantize(units, ledger, write);
    }
    writer.endPart();
  }

  private void quantize(List<Unit> units, RunLedger ledger, Consumer<SliceResult> write) {
    List<Unit> small = new ArrayList<>();
    for (Unit unit : units) {
      if (RunMemory.holds(memory.getLimit(), unit)) {
        small.add(unit);
      } else {
        work.settle(small, ledger, write);
        small.clear();
        work.settleLarge(unit, writer.folder(), ledger, write);
      }
    }
    work.settle(small, ledger, write);
  }

  private void write(SliceResult result, RunLedger ledger) {
    try (result) {
      ledger.written(WrittenSlice.of(result, writer.write(result.group())));
    }
  }

  @Override
  public ModelFiles files() {
    return writer.files();
  }

  @Override
  public Optional<String> finish(Function<List<ModelFile>, Manifest> manifest) {
    return writer.finish(manifest);
  }

  @Override
  public long peakMemoryBytes() {
    return memory.getPeakMemoryAllocation();
  }

  @Override
  public int workers() {
    return threads;
  }

  @Override
  public void close() {
    writer.close();
  }
}
