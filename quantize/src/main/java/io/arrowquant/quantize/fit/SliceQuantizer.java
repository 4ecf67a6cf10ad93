package io.arrowquant.quantize.fit;

import io.arrowquant.arrow.parquet.PageLayout;
import io.arrowquant.arrow.parquet.QuantizedBatch;
import io.arrowquant.arrow.parquet.RowRun;
import io.arrowquant.quantize.kernel.ExtremeGroups;
import io.arrowquant.quantize.kernel.GroupKernel;
import io.arrowquant.quantize.kernel.PlainKernel;
import io.arrowquant.quantize.measure.ErrorSums;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;

/**
 * Quantizes one slice at a time from source bytes to the bodies of Parquet pages. The source is
 * read twice: once to choose scales and zero points, once for codes and errors. One instance per
 * thread; its scratch arrays are reused, so that only the returned batch is allocated.
 */
public final class SliceQuantizer {

  private final GroupKernel kernel = new PlainKernel();
  private final GroupFit fit = new MinMaxFit(kernel);
  private final Stage stage = new Stage();
  private final GroupParameters parameters = new GroupParameters();
  private final PackedPages packed = new PackedPages();

  /**
   * Quantizes the rows of a row group.
   *
   * @param sources for each run of the layout the bytes of its rows, which are only read
   * @param bits 2, 3, 4, 5, 6 or 8
   * @param allocator takes the batch's buffers; after an exception none is left
   * @param sums for each run where its errors are added
   * @return the batch, owned by the caller, or that a weight is not finite
   * @throws IllegalArgumentException if sources or sums do not fit the layout, or the width or a
   *     dtype is not one that can be quantized
   */
  public SliceOutcome quantize(
      PageLayout layout,
      List<SourceRows> sources,
      int bits,
      BufferAllocator allocator,
      List<ErrorSums> sums) {
    if (bits < 2 || bits > 8 || bits == 7) {
      throw new IllegalArgumentException(
          "the width is " + bits + " bits, and 2, 3, 4, 5, 6 or 8 is expected");
    }
    Slice slice = new Slice(layout, sources, sums);
    if (!fit.fit(slice, bits, stage, parameters)) {
      return new SliceOutcome.NonFinite();
    }
    try (BatchBuilder batch = new BatchBuilder(layout, bits, allocator)) {
      encode(slice, bits, batch.codes());
      batch.putParameters(parameters);
      QuantizedBatch finished = batch.finish();
      return new SliceOutcome.Quantized(finished);
    }
  }

  private void encode(Slice slice, int bits, long target) {
    List<PageLayout.Page> pages = slice.layout().pages();
    packed.open(target, bits);
    int group = 0;
    int page = 0;
    long pageEnd = pages.isEmpty() ? 0 : pages.get(0).groups();
    for (int r = 0; r < slice.layout().runs().size(); r++) {
      RowRun run = slice.layout().runs().get(r);
      ErrorSums sums = slice.sums().get(r);
      stage.open(slice.sources().get(r), run.weights());
      long weight = 0;
      for (int row = 0; row < run.rowCount(); row++) {
        for (int column = 0; column < run.columns(); column += run.groupSize()) {
          int n = Math.min(run.groupSize(), run.columns() - column);
          encodeGroup(stage.seek(weight, n), n, group++, bits, sums);
          weight += n;
          if (group == pageEnd) {
            packed.endPage();
            page++;
            pageEnd += page < pages.size() ? pages.get(page).groups() : 0;
          }
        }
      }
    }
  }

  private void encodeGroup(int from, int n, int group, int bits, ErrorSums sums) {
    float scale = parameters.scales()[group];
    float zeroPoint = parameters.zeroPoints()[group];
    if (ExtremeGroups.isExtreme(scale)) {
      ExtremeGroups.encode(
          stage.weights(),
          from,
          n,
          scale,
          zeroPoint,
          bits,
          packed.codes(),
          packed.position(),
          sums);
    } else {
      kernel.encode(
          stage.weights(),
          from,
          n,
          scale,
          zeroPoint,
          bits,
          packed.codes(),
          packed.position(),
          sums);
    }
    packed.advance(n);
  }
}
