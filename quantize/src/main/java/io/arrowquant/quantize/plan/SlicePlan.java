package io.arrowquant.quantize.plan;

import io.arrowquant.arrow.parquet.PageLayout;
import io.arrowquant.arrow.parquet.RowRun;
import io.arrowquant.core.config.Method;
import io.arrowquant.core.safetensors.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;

/**
 * Cuts tensors of one class (a width and a method, or kept tensors of a dtype) into slices, each
 * one row group. Classes follow each other, each in parts of its own, so that rows in a part are
 * sorted by layer and small tensors can share a row group.
 *
 * @param units in the order of writing
 */
public record SlicePlan(List<Unit> units) {

  /** Tensors of this many weights or more have row groups of their own. */
  static final long SHARED_WEIGHTS = 1 << 20;

  private static final int METHODS = Method.values().length;

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

    /** The same rows but for those of some tensors; at least one stays. */
    public Slice without(Set<Integer> layerIds) {
      List<RowRun> runs = new ArrayList<>();
      List<TensorPlan> staying = new ArrayList<>();
      for (int r = 0; r < tensors.size(); r++) {
        if (!layerIds.contains(tensors.get(r).layerId())) {
          runs.add(layout.runs().get(r));
          staying.add(tensors.get(r));
        }
      }
      return new Slice(kind, PageLayout.of(runs), List.copyOf(staying));
    }

    /** Bytes in the source. */
    public long sourceBytes() {
      long bytes = 0;
      for (int r = 0; r < tensors.size(); r++) {
        bytes += layout.runs().get(r).weights() * tensors.get(r).tensor().dtype().bits() / 8;
      }
      return bytes;
    }
  }

  /**
   * Slices that are accepted or refused together: all those of one large tensor, or one that small
   * tensors share.
   */
  public record Unit(List<Slice> slices) {

    /** Bytes of the weights files, about. */
    public long estimatedBytes() {
      return slices.get(0).tensors().stream().mapToLong(SizeEstimate::ofTensor).sum();
    }
  }

  /** What the rows of a slice have in common. */
  public sealed interface SliceKind {
    /** Rows to quantize to one width by one method. */
    record Quantized(int bitWidth, Method method) implements SliceKind {}

    /** Rows to keep, of one dtype. */
    record Kept(DType dtype) implements SliceKind {}
  }

  /** Cuts a whole plan, class by class. */
  public static SlicePlan of(QuantizationPlan plan) {
    List<Unit> units = new ArrayList<>();
    classes(plan.tensors()).values().forEach(tensors -> cut(tensors, units));
    return new SlicePlan(List.copyOf(units));
  }

  /** Cuts tensors that are all of one class. */
  public static SlicePlan ofClass(List<TensorPlan> tensors) {
    List<Unit> units = new ArrayList<>();
    cut(tensors, units);
    return new SlicePlan(List.copyOf(units));
  }

  /** The tensors that have weights, by class, in the order of writing. */
  public static NavigableMap<Integer, List<TensorPlan>> classes(List<TensorPlan> tensors) {
    NavigableMap<Integer, List<TensorPlan>> classes = new TreeMap<>();
    for (TensorPlan tensor : tensors) {
      if (tensor.rows() > 0) {
        classes.computeIfAbsent(classOf(tensor), c -> new ArrayList<>()).add(tensor);
      }
    }
    return classes;
  }

  /** The place of a tensor's class in the order of writing: widths first, then kept dtypes. */
  public static int classOf(TensorPlan tensor) {
    return tensor.treatment() instanceof Treatment.Quantize q
        ? METHODS * q.bitWidth() + q.method().ordinal()
        : 100 + tensor.tensor().dtype().ordinal();
  }

  /** All slices in the order of writing. */
  public List<Slice> slices() {
    return units.stream().flatMap(unit -> unit.slices().stream()).toList();
  }

  /** Whether the tensor is too small for row groups of its own. */
  static boolean sharesRowGroup(TensorPlan tensor) {
    return tensor.rows() * tensor.columns() < SHARED_WEIGHTS;
  }

  private static SliceKind kind(TensorPlan plan) {
    return plan.treatment() instanceof Treatment.Quantize q
        ? new SliceKind.Quantized(q.bitWidth(), q.method())
        : new SliceKind.Kept(plan.tensor().dtype());
  }

  private static void cut(List<TensorPlan> tensors, List<Unit> units) {
    Gathering shared = new Gathering(kind(tensors.get(0)));
    for (TensorPlan tensor : tensors) {
      if (!sharesRowGroup(tensor)) {
        shared.flush(units);
        units.add(new Unit(cutLarge(tensor)));
      } else {
        shared.add(tensor, run(tensor, 0, 0, (int) tensor.rows()));
        if (shared.weights >= SHARED_WEIGHTS) {
          shared.flush(units);
        }
      }
    }
    shared.flush(units);
  }

  private static List<Slice> cutLarge(TensorPlan tensor) {
    List<Slice> slices = new ArrayList<>();
    if (tensor.columns() > RowRun.MAX_COLUMNS) {
      for (long row = 0; row < tensor.rows(); row++) {
        for (long column = 0; column < tensor.columns(); ) {
          RowRun run = run(tensor, row, column, 1);
          slices.add(slice(tensor, run));
          column += run.columns();
        }
      }
      return slices;
    }
    long weights = tensor.rows() * tensor.columns();
    long count = (weights + SLICE_WEIGHTS - 1) / SLICE_WEIGHTS;
    long rowsEach = (tensor.rows() + count - 1) / count;
    for (long row = 0; row < tensor.rows(); row += rowsEach) {
      int rows = Math.toIntExact(Math.min(rowsEach, tensor.rows() - row));
      slices.add(slice(tensor, run(tensor, row, 0, rows)));
    }
    return slices;
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

    void flush(List<Unit> units) {
      if (!runs.isEmpty()) {
        units.add(new Unit(List.of(new Slice(kind, PageLayout.of(runs), List.copyOf(tensors)))));
        runs.clear();
        tensors.clear();
        weights = 0;
      }
    }
  }
}
