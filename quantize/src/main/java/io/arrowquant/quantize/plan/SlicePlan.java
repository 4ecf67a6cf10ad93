package io.arrowquant.quantize.plan;

import io.arrowquant.arrow.parquet.PageLayout;
import io.arrowquant.arrow.parquet.RowRun;
import io.arrowquant.core.safetensors.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/**
 * Cuts a plan into slices, each one row group. Slices of one class (a width, or kept tensors of a
 * dtype) follow each other, and each class begins a new part, so that rows in a part are sorted by
 * layer and small tensors can share a row group.
 *
 * @param slices in the order of writing
 */
public record SlicePlan(List<Slice> slices) {

  /** Tensors of this many weights or more have row groups of their own. */
  private static final long SHARED_WEIGHTS = 1 << 20;

  /** Weights of a slice, about. */
  private static final long SLICE_WEIGHTS = RowRun.MAX_COLUMNS;

  /**
   * Whole rows, or one part of a row too wide for a row group.
   *
   * @param kind what is to become of the rows
   * @param layout the rows
   * @param tensors for each run of the layout, its tensor
   */
  public record Slice(SliceKind kind, PageLayout layout, List<TensorPlan> tensors) {

    /** Bytes in the source. */
    public long sourceBytes() {
      long bytes = 0;
      for (int r = 0; r < tensors.size(); r++) {
        bytes += layout.runs().get(r).weights() * tensors.get(r).tensor().dtype().bits() / 8;
      }
      return bytes;
    }
  }

  /** What the rows of a slice have in common. */
  public sealed interface SliceKind {
    /** Rows to quantize to one width. */
    record Quantized(int bitWidth) implements SliceKind {}

    /** Rows to keep, of one dtype. */
    record Kept(DType dtype) implements SliceKind {}
  }

  public static SlicePlan of(QuantizationPlan plan) {
    TreeMap<Integer, List<TensorPlan>> classes = new TreeMap<>();
    for (TensorPlan tensor : plan.tensors()) {
      if (tensor.rows() > 0) {
        classes.computeIfAbsent(order(kind(tensor)), c -> new ArrayList<>()).add(tensor);
      }
    }
    List<Slice> slices = new ArrayList<>();
    classes.values().forEach(tensors -> cut(tensors, slices));
    return new SlicePlan(List.copyOf(slices));
  }

  private static SliceKind kind(TensorPlan plan) {
    return plan.treatment() instanceof Treatment.Quantize q
        ? new SliceKind.Quantized(q.bitWidth())
        : new SliceKind.Kept(plan.tensor().dtype());
  }

  /** Quantized classes by width, then kept ones by dtype. */
  private static int order(SliceKind kind) {
    if (kind instanceof SliceKind.Quantized quantized) {
      return quantized.bitWidth();
    }
    return 100 + ((SliceKind.Kept) kind).dtype().ordinal();
  }

  private static void cut(List<TensorPlan> tensors, List<Slice> slices) {
    Gathering shared = new Gathering(kind(tensors.get(0)));
    for (TensorPlan tensor : tensors) {
      if (tensor.rows() * tensor.columns() >= SHARED_WEIGHTS) {
        shared.flush(slices);
        cutLarge(tensor, slices);
      } else {
        shared.add(tensor, run(tensor, 0, 0, (int) tensor.rows()));
        if (shared.weights >= SHARED_WEIGHTS) {
          shared.flush(slices);
        }
      }
    }
    shared.flush(slices);
  }

  private static void cutLarge(TensorPlan tensor, List<Slice> slices) {
    if (tensor.columns() > RowRun.MAX_COLUMNS) {
      for (long row = 0; row < tensor.rows(); row++) {
        for (long column = 0; column < tensor.columns(); ) {
          RowRun run = run(tensor, row, column, 1);
          slices.add(slice(tensor, run));
          column += run.columns();
        }
      }
      return;
    }
    long weights = tensor.rows() * tensor.columns();
    long count = (weights + SLICE_WEIGHTS - 1) / SLICE_WEIGHTS;
    long rowsEach = (tensor.rows() + count - 1) / count;
    for (long row = 0; row < tensor.rows(); row += rowsEach) {
      int rows = Math.toIntExact(Math.min(rowsEach, tensor.rows() - row));
      slices.add(slice(tensor, run(tensor, row, 0, rows)));
    }
  }

  private static Slice slice(TensorPlan tensor, RowRun run) {
    return new Slice(kind(tensor), PageLayout.of(List.of(run)), List.of(tensor));
  }

  private static RowRun run(TensorPlan plan, long firstRow, long firstColumn, int rows) {
    int groupSize = plan.treatment() instanceof Treatment.Quantize q ? q.groupSize() : 0;
    return new RowRun(
        plan.layerId(),
        plan.tensor().name(),
        firstRow,
        firstColumn,
        rows,
        RowRun.columnsFrom(firstColumn, plan.columns(), groupSize),
        groupSize);
  }

  /** Small tensors on their way into one row group. */
  private static final class Gathering {

    private final SliceKind kind;
    private final List<RowRun> runs = new ArrayList<>();
    private final List<TensorPlan> tensors = new ArrayList<>();
    private long weights;

    Gathering(SliceKind kind) {
      this.kind = kind;
    }

    void add(TensorPlan tensor, RowRun run) {
      runs.add(run);
      tensors.add(tensor);
      weights += run.weights();
    }

    void flush(List<Slice> slices) {
      if (!runs.isEmpty()) {
        slices.add(new Slice(kind, PageLayout.of(runs), List.copyOf(tensors)));
        runs.clear();
        tensors.clear();
        weights = 0;
      }
    }
  }
}
