package io.arrowquant.quantize.entropy;

import io.arrowquant.arrow.parquet.LayerRecord;
import io.arrowquant.arrow.parquet.PageLayout;
import io.arrowquant.arrow.parquet.RowRun;
import io.arrowquant.arrow.parquet.reader.ModelReader;
import io.arrowquant.arrow.parquet.reader.StoredRowGroup;
import io.arrowquant.arrow.tensor.Widening;
import io.arrowquant.core.Progress;
import io.arrowquant.core.RunInterruptedException;
import io.arrowquant.quantize.kernel.Unpack;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;

/**
 * Entropy of a model's tensors: of the stored codes of a quantized one; of a kept one as {@link
 * SourceEntropy} has it. Each row group is read once.
 */
public final class StoredEntropy {

  private static final int PIECE = 1 << 16;

  private final ModelReader reader;
  private final BitSet layers;
  private final Map<Integer, CodeCounts> counts = new HashMap<>();
  private final byte[] codes = new byte[PIECE];

  /**
   * @param reader stays the caller's
   * @param layers ids of the layers to look at
   */
  public StoredEntropy(ModelReader reader, BitSet layers) {
    this.reader = reader;
    this.layers = layers;
  }

  /**
   * Bits per code of each layer, by its name; those without finite values, and those of a dtype
   * without a float32 form, have none.
   *
   * @param progress hears of stored bytes, taking all row groups to be of one size
   * @throws RunInterruptedException if the thread is interrupted
   */
  public Map<String, Double> byName(Progress progress) {
    long total = reader.manifest().totals().storedBytes();
    int groups = reader.rowGroups().size();
    try (BufferAllocator allocator = new RootAllocator()) {
      for (int g = 0; g < groups; g++) {
        if (Thread.currentThread().isInterrupted()) {
          throw new RunInterruptedException("Counting codes was interrupted.");
        }
        count(reader.rowGroups().get(g), allocator);
        progress.onProgress(total / groups * (g + 1), total, "counting codes");
      }
      progress.onProgress(total, total, "codes counted");
    }
    Map<String, Double> entropies = new HashMap<>();
    counts.forEach(
        (id, count) ->
            count.entropy().ifPresent(bits -> entropies.put(reader.layers().get(id).name(), bits)));
    return entropies;
  }

  private void count(ModelReader.RowGroupRef ref, BufferAllocator allocator) {
    int first = layers.nextSetBit(ref.firstLayer());
    if (first < 0 || first > ref.lastLayer()) {
      return;
    }
    PageLayout layout = reader.layout(ref);
    if (layout.runs().stream().noneMatch(run -> layers.get(run.layerId()))) {
      return;
    }
    if (reader.isQuantized(ref)) {
      try (StoredRowGroup rows = reader.quantized(ref, layout)) {
        countQuantized(rows);
      }
    } else {
      try (ArrowBuf kept = reader.kept(ref, layout, allocator)) {
        countKept(layout, kept, allocator);
      }
    }
  }

  private void countQuantized(StoredRowGroup rows) {
    for (int r = 0; r < rows.layout().runs().size(); r++) {
      RowRun run = rows.layout().runs().get(r);
      if (!layers.get(run.layerId())) {
        continue;
      }
      CodeCounts count = counts(run.layerId(), 1 << rows.bits());
      long begin = rows.offsets().firstWeight(r);
      long end = begin + run.weights();
      for (int p = 0; p < rows.layout().pages().size(); p++) {
        PageLayout.Page page = rows.layout().pages().get(p);
        long from = Math.max(begin, page.firstValue());
        long to = Math.min(end, page.firstValue() + page.values());
        for (; from < to; from += PIECE) {
          int n = (int) Math.min(PIECE, to - from);
          int at = (int) (from - page.firstValue());
          Unpack.codes(rows.codes(p).memoryAddress(), rows.bits(), at, n, codes);
          count.addSigned(codes, n);
        }
      }
    }
  }

  private void countKept(PageLayout layout, ArrowBuf kept, BufferAllocator allocator) {
    try (ArrowBuf wide = allocator.buffer(4L * PIECE)) {
      long at = 0;
      for (RowRun run : layout.runs()) {
        LayerRecord layer = reader.layers().get(run.layerId());
        int bits = layer.dtype().bits();
        if (layers.get(run.layerId()) && layer.statistics() != null) {
          countKept(layer, kept.slice(at, run.weights() * bits / 8), run.weights(), wide);
        }
        at += run.weights() * bits / 8;
      }
    }
  }

  private void countKept(LayerRecord layer, ArrowBuf bytes, long weights, ArrowBuf wide) {
    if (!Widening.supports(layer.dtype())) {
      return;
    }
    CodeCounts count = counts(layer.layerId(), CodeCounts.EVEN);
    float min = (float) layer.statistics().min();
    double perUnit = CodeCounts.evenCodesPerUnit(min, (float) layer.statistics().max());
    int width = layer.dtype().bits() / 8;
    for (long from = 0; from < weights; from += PIECE) {
      int n = (int) Math.min(PIECE, weights - from);
      ArrowBuf piece = bytes.slice(from * width, (long) n * width);
      Widening.widen(layer.dtype(), piece, wide, 0, n);
      for (int i = 0; i < n; i++) {
        count.addEven(wide.getFloat(4L * i), min, perUnit);
      }
    }
  }

  private CodeCounts counts(int layer, int codes) {
    return counts.computeIfAbsent(layer, id -> new CodeCounts(codes));
  }
}
