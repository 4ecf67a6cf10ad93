package io.arrowquant.quantize.pipeline;

import io.arrowquant.arrow.parquet.writer.PartWriter;
import io.arrowquant.core.config.DiffusionQuantConfig;
import io.arrowquant.quantize.measure.ErrorSums;
import io.arrowquant.quantize.plan.SlicePlan.Slice;
import io.arrowquant.quantize.plan.SlicePlan.Unit;
import io.arrowquant.quantize.plan.TensorPlan;
import java.util.ArrayList;
import java.util.List;

/**
 * The units of a class cut into tasks, each a file of weights. The same units give the same tasks
 * whoever does them.
 *
 * @param tasks in the order of writing
 */
public record ClassParts(List<PartTask> tasks) {

  /**
   * Cuts units: small ones that follow each other share a task, those too large for one are cut
   * between slices.
   *
   * @param taskBytes source bytes of a task, about
   */
  public static ClassParts of(List<Unit> units, long taskBytes, DiffusionQuantConfig config) {
    boolean kept = UnitWork.keeps(units);
    List<PartTask> tasks = new ArrayList<>();
    Gathering shared = new Gathering();
    for (Unit unit : units) {
      long bytes = sourceBytes(unit.slices());
      boolean held = kept || RunMemory.holds(RunMemory.limit(config), unit);
      if (unit.slices().size() > 1 && (bytes > taskBytes || !held)) {
        shared.flush(tasks);
        cut(unit, taskBytes, tasks);
      } else {
        if (shared.bytes + bytes > taskBytes
            || shared.slices + unit.slices().size() > PartWriter.MAX_ROW_GROUPS) {
          shared.flush(tasks);
        }
        shared.add(unit, bytes);
      }
    }
    shared.flush(tasks);
    return new ClassParts(List.copyOf(tasks));
  }

  /** Whole slices, as even as they come; at least two tasks. */
  private static void cut(Unit unit, long taskBytes, List<PartTask> tasks) {
    List<Slice> slices = unit.slices();
    List<TensorPlan> tensor = slices.get(0).tensors();
    long bytes = sourceBytes(slices);
    long byBytes = (bytes + taskBytes - 1) / taskBytes;
    int byGroups = 1 + (slices.size() - 1) / PartWriter.MAX_ROW_GROUPS;
    int count = (int) Math.min(slices.size(), Math.max(2, Math.max(byBytes, byGroups)));
    for (int i = 0; i < count; i++) {
      int from = (int) ((long) slices.size() * i / count);
      int to = (int) ((long) slices.size() * (i + 1) / count);
      tasks.add(new PartTask(tensor, from, to));
    }
  }

  private static long sourceBytes(List<Slice> slices) {
    return slices.stream().mapToLong(Slice::sourceBytes).sum();
  }

  /**
   * Tells the ledger what came of the tasks, and asks it about units in pieces.
   *
   * @param reports one for each task
   * @return for each task whether its file belongs to the model
   */
  public List<Boolean> settle(List<PartReport> reports, RunLedger ledger) {
    List<Boolean> stays = new ArrayList<>(tasks.size());
    for (int first = 0; first < tasks.size(); ) {
      int end = first + 1;
      while (end < tasks.size() && tasks.get(end).from() > 0) {
        end++;
      }
      List<PartReport> unit = reports.subList(first, end);
      boolean accepted = end - first == 1 || acceptsPieces(tasks.get(first), unit, ledger);
      for (PartReport report : unit) {
        if (accepted) {
          report.slices().forEach(ledger::written);
        }
        report.refused().forEach(r -> ledger.accepts(ledger.tensor(r.layerId()), r.sums()));
        stays.add(accepted && report.hasFile());
      }
      first = end;
    }
    return stays;
  }

  private static boolean acceptsPieces(PartTask task, List<PartReport> pieces, RunLedger ledger) {
    TensorPlan tensor = task.tensors().get(0);
    if (tensor.isKept()) {
      return true;
    }
    ErrorSums sums = new ErrorSums();
    for (PartReport piece : pieces) {
      piece.slices().forEach(slice -> sums.merge(slice.runs().get(0).sums()));
    }
    return ledger.accepts(tensor, sums);
  }

  /** Units on their way into one task. */
  private static final class Gathering {

    private final List<TensorPlan> tensors = new ArrayList<>();
    private long bytes;
    private int slices;

    void add(Unit unit, long unitBytes) {
      tensors.addAll(unit.slices().get(0).tensors());
      bytes += unitBytes;
      slices += unit.slices().size();
    }

    void flush(List<PartTask> tasks) {
      if (!tensors.isEmpty()) {
        tasks.add(new PartTask(tensors, 0, slices));
        tensors.clear();
        bytes = 0;
        slices = 0;
      }
    }
  }
}
