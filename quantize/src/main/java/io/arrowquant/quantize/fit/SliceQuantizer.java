package io.arrowquant.quantize.fit;

import io.arrowquant.arrow.parquet.PageLayout;
import io.arrowquant.arrow.parquet.QuantizedBatch;
import io.arrowquant.core.config.CodeLimits;
import io.arrowquant.core.config.Method;
import io.arrowquant.core.config.Target;
import io.arrowquant.quantize.kernel.Encode;
import io.arrowquant.quantize.kernel.EncodeGroup;
import io.arrowquant.quantize.kernel.Widen;
import io.arrowquant.quantize.measure.ErrorSums;
import java.util.List;
import java.util.Optional;
import org.apache.arrow.memory.BufferAllocator;

/**
 * Quantizes one slice at a time from source bytes to the bodies of Parquet pages. The source is
 * read twice: once to choose scales and zero points, once for codes and errors. One instance per
 * thread; its scratch arrays are reused, so that only the returned batch is allocated.
 */
public final class SliceQuantizer {

  private final Widen widen = new Widen();
  private final SliceRanges ranges = new SliceRanges(widen);
  private final MinMaxFit fast = new MinMaxFit(ranges);
  private final BestFit best = new BestFit(widen, ranges, fast);
  private final RateFit rate = new RateFit(widen, ranges);
  private final Optional<TargetFit> forTarget;
  private final Encode encode = new Encode(widen);
  private final EncodeGroup encodeGroup = new EncodeGroup();
  private final GroupBlocks blocks = new GroupBlocks();
  private final float[] weights = new float[Widen.STAGE];
  private final GroupParameters parameters = new GroupParameters();
  private final PackedPages packed = new PackedPages();

  /** Whatever scales and zero points are best. */
  public SliceQuantizer() {
    this(Optional.empty());
  }

  /** Only scales and zero points that a runtime can hold, if one is named. */
  public SliceQuantizer(Optional<Target> target) {
    forTarget = target.map(t -> new TargetFit(widen, ranges, t));
  }

  /**
   * Quantizes the rows of a row group.
   *
   * @param sources for each run of the layout the bytes of its rows, which are only read
   * @param bits 2, 3, 4, 5, 6 or 8
   * @param method how scales and zero points are chosen, and how wide codes are
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
      Method method,
      BufferAllocator allocator,
      List<ErrorSums> sums) {
    if (!CodeLimits.BIT_WIDTHS.contains(bits)) {
      throw new IllegalArgumentException(
          "the width is " + bits + " bits, and 2, 3, 4, 5, 6 or 8 is expected");
    }
    Slice slice = new Slice(layout, sources, sums);
    if (!fit(method).fit(slice, bits, parameters)) {
      return new SliceOutcome.NonFinite();
    }
    int width = method.codeWidth(bits);
    try (BatchBuilder batch = new BatchBuilder(layout, width, isCompressible(method), allocator)) {
      encode(slice, width, batch.codes());
      batch.putParameters(parameters);
      QuantizedBatch finished = batch.finish();
      return new SliceOutcome.Quantized(finished);
    }
  }

  /** What is made to be fast stays fast to read. */
  private boolean isCompressible(Method method) {
    return method != Method.FAST && forTarget.isEmpty();
  }

  private GroupFit fit(Method method) {
    if (forTarget.isPresent()) {
      return forTarget.get().by(method);
    }
    return switch (method) {
      case FAST -> fast;
      case BEST -> best;
      case RATE -> rate;
    };
  }

  private void encode(Slice slice, int bits, long target) {
    List<PageLayout.Page> pages = slice.layout().pages();
    packed.open(target, bits);
    int group = 0;
    int page = 0;
    for (int r = 0; r < slice.layout().runs().size(); r++) {
      SourceRows rows = slice.sources().get(r);
      ErrorSums sums = slice.sums().get(r);
      blocks.open(slice.layout().runs().get(r));
      while (blocks.next()) {
        long address = rows.address(blocks.firstWeight());
        boolean octets = blocks.octets() && packed.atOctet() && isPlain(group, blocks.groups());
        int end = group + blocks.groups();
        if (octets) {
          encode.groups(
              rows.dtype(),
              address,
              blocks.sizes(),
              blocks.groups(),
              parameters.scales(),
              parameters.zeroPoints(),
              group,
              bits,
              packed.address(),
              sums);
          packed.skip(blocks.weights());
          group = end;
        } else {
          widen.toFloat(rows.dtype(), address, blocks.weights(), weights);
        }
        int from = 0;
        for (int g = 0; group < end; g++, group++) {
          int n = blocks.sizes()[g];
          encodeGroup.group(
              weights,
              from,
              n,
              parameters.scales()[group],
              parameters.zeroPoints()[group],
              bits,
              packed.codes(),
              packed.position(),
              sums);
          packed.advance(n);
          from += n;
          if (group + 1 == pages.get(page).firstGroup() + pages.get(page).groups()) {
            packed.endPage();
            page++;
          }
        }
        // Pages of whole octets lie side by side without padding, so a block may cross their
        // border.
        while (page < pages.size()
            && group >= pages.get(page).firstGroup() + pages.get(page).groups()) {
          page++;
        }
      }
    }
  }

  private boolean isPlain(int group, int groups) {
    for (int g = group; g < group + groups; g++) {
      if (EncodeGroup.isExtreme(parameters.scales()[g])) {
        return false;
      }
    }
    return true;
  }
}
