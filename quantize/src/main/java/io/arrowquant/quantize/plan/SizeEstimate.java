package io.arrowquant.quantize.plan;

import io.arrowquant.arrow.parquet.PageLayout;
import io.arrowquant.core.config.Method;
import java.util.List;

/**
 * What a plan will take on the disk, from headers alone. Codes, list levels and names are counted;
 * the rest are figures measured on models of 6 to 79 tensors, each in a place of its own.
 */
public final class SizeEstimate {

  /** {@code layers.parquet} without its rows: a footer that names some fifty columns, twice. */
  private static final long LAYERS = 18_900;

  /** A row of {@code layers.parquet}. */
  private static final long LAYER = 54;

  /** The footer of a weights file without its row groups. */
  private static final long FILE = 2300;

  /** A row group: ten column chunks in the footer, their indexes, and pages that say little. */
  public static final long ROW_GROUP = 1600;

  /** Each further page of codes, scales and zero points: headers and entries of the indexes. */
  private static final long PAGE = 160;

  /** A tensor's entries in the dictionaries of a row group, its name excepted. */
  private static final long ENTRY = 12;

  /** The row's number: differences, packed. */
  private static final double ROW_BITS = 5;

  private SizeEstimate() {}

  /** Bytes of a model's files but the manifest and companion files. */
  public static long ofModel(QuantizationPlan plan) {
    long bytes = LAYERS + LAYER * plan.tensors().size();
    for (List<TensorPlan> written : SlicePlan.classes(plan.tensors()).values()) {
      bytes += FILE + rowGroups(written);
    }
    return bytes + plan.tensors().stream().mapToLong(SizeEstimate::ofTensor).sum();
  }

  /** What row groups of tensors that are written together take beside their rows. */
  private static long rowGroups(List<TensorPlan> tensors) {
    long rowGroups = 0;
    long pages = 0;
    long shared = 0;
    for (TensorPlan tensor : tensors) {
      long weights = tensor.rows() * tensor.columns();
      if (SlicePlan.sharesRowGroup(tensor)) {
        shared += weights;
      } else {
        rowGroups += ceilDiv(weights, PageLayout.MAX_ROW_GROUP_VALUES);
        pages += ceilDiv(weights, PageLayout.MAX_PAGE_VALUES);
      }
    }
    long gathered = ceilDiv(shared, SlicePlan.SHARED_WEIGHTS);
    rowGroups += gathered;
    return rowGroups * ROW_GROUP + (pages + gathered - rowGroups) * PAGE;
  }

  /**
   * What a model takes beside its row groups.
   *
   * @param tensors in it
   */
  public static long ofFolder(int tensors) {
    return LAYERS + LAYER * tensors + FILE;
  }

  /** Bytes of a tensor's rows in the weights files; kept ones are taken for as large as before. */
  public static long ofTensor(TensorPlan tensor) {
    long rows = tensor.rows();
    long keys = ENTRY + tensor.tensor().name().length() + (long) (rows * ROW_BITS / 8);
    if (tensor.treatment() instanceof Treatment.Quantize quantize) {
      return keys + codes(tensor, quantize) + parameters(tensor, quantize);
    }
    return keys + tensor.tensor().byteSize();
  }

  private static long ceilDiv(long count, long each) {
    return (count + each - 1) / each;
  }

  private static long codes(TensorPlan tensor, Treatment.Quantize quantize) {
    long weights = tensor.rows() * tensor.columns();
    long codes = ceilDiv(weights * quantize.bitWidth(), 8);
    long levels = levels(tensor.rows(), tensor.columns());
    return switch (quantize.method()) {
      case FAST -> codes + levels;
      // Where levels weigh, they are compressed to next to nothing.
      case BEST -> codes + (levels > codes / 32 ? 0 : levels);
      case RATE -> codes + ceilDiv(weights, 16);
    };
  }

  /** Where lists begin: two runs a row, or a bit an element where that is less. */
  private static long levels(long rows, long columns) {
    int runs = 2 + 2 + (columns <= 64 ? 0 : columns <= 8192 ? 1 : 2);
    return Math.min(rows * runs, rows * columns / 8);
  }

  private static long parameters(TensorPlan tensor, Treatment.Quantize quantize) {
    long groups = tensor.rows() * ceilDiv(tensor.columns(), quantize.groupSize());
    return ceilDiv(groups * groupBits(tensor, quantize), 8);
  }

  /**
   * Bits of a group's scale and zero point, codebooks and where lists begin included. Method {@code
   * fast} has 13 to 16 where the ranges of a row group fit codebooks and 57 where they do not,
   * which only the weights decide; of tensors that share one about half do.
   */
  private static int groupBits(TensorPlan tensor, Treatment.Quantize quantize) {
    if (quantize.method() == Method.RATE) {
      return 0;
    }
    if (quantize.method() == Method.BEST && quantize.groupSize() < 24) {
      return 9;
    }
    return SlicePlan.sharesRowGroup(tensor) ? 36 : 16;
  }
}
