package io.arrowquant.quantize.verify;

import io.arrowquant.arrow.parquet.LayerRecord;
import io.arrowquant.arrow.parquet.PageLayout;
import io.arrowquant.arrow.parquet.RowRun;
import io.arrowquant.arrow.parquet.reader.ModelReader;
import io.arrowquant.arrow.parquet.reader.StoredRowGroup;
import io.arrowquant.core.InvalidModelException;
import io.arrowquant.quantize.kernel.RowGroupDecoder;
import io.arrowquant.quantize.pipeline.Crc32cCombination;
import io.arrowquant.quantize.pipeline.OrderedWork;
import io.arrowquant.quantize.verify.Verification.Problem;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;
import java.util.zip.CRC32C;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;

/** Decodes every tensor: quantized ones must give numbers, kept ones the bytes of their CRC. */
final class StoredTensors {

  private static final int CHUNK = 1 << 20;

  private final ModelReader reader;
  private final BufferAllocator memory;
  private final List<Problem> problems = new ArrayList<>();
  private final int[] crcs;
  private final boolean[] faulty;

  /**
   * A row group, decoded.
   *
   * @param crcs of each run's bytes; null where it is quantized
   * @param problem null where there is none
   * @param layer the problem's, or -1
   */
  private record Decoded(int rowGroup, List<Integer> crcs, String problem, int layer) {}

  StoredTensors(ModelReader reader, BufferAllocator memory) {
    this.reader = reader;
    this.memory = memory;
    this.crcs = new int[reader.layers().size()];
    this.faulty = new boolean[reader.layers().size()];
  }

  /**
   * Decodes all.
   *
   * @param layouts of all row groups, complete
   * @param done hears of row groups, in order
   */
  List<Problem> check(List<PageLayout> layouts, int threads, IntConsumer done) {
    new OrderedWork<Decoded>(layouts.size(), Math.max(1, layouts.size()))
        .run(
            threads,
            () -> {
              RowGroupDecoder decoder = new RowGroupDecoder();
              return i -> decode(i, layouts.get(i), decoder);
            },
            decoded -> {
              take(decoded, layouts.get(decoded.rowGroup()));
              done.accept(decoded.rowGroup());
            });
    for (LayerRecord layer : reader.layers()) {
      if (layer.quantization() == null
          && !faulty[layer.layerId()]
          && crcs[layer.layerId()] != layer.sourceCrc32c()) {
        problems.add(new Problem(layer.name(), "has other bytes than its source had, by CRC-32C"));
      }
    }
    return problems;
  }

  private Decoded decode(int i, PageLayout layout, RowGroupDecoder decoder) {
    ModelReader.RowGroupRef ref = reader.rowGroups().get(i);
    try {
      return reader.isQuantized(ref)
          ? decodeQuantized(i, ref, layout, decoder)
          : decodeKept(i, ref, layout);
    } catch (InvalidModelException damaged) {
      return new Decoded(i, null, damaged.getMessage(), -1);
    }
  }

  private Decoded decodeKept(int i, ModelReader.RowGroupRef ref, PageLayout layout) {
    List<Integer> found = new ArrayList<>();
    try (ArrowBuf kept = reader.kept(ref, layout, memory)) {
      long at = 0;
      for (RowRun run : layout.runs()) {
        int length = bytes(run);
        CRC32C crc = new CRC32C();
        crc.update(kept.nioBuffer(at, length));
        found.add((int) crc.getValue());
        at += length;
      }
    }
    return new Decoded(i, found, null, -1);
  }

  private Decoded decodeQuantized(
      int i, ModelReader.RowGroupRef ref, PageLayout layout, RowGroupDecoder decoder) {
    try (StoredRowGroup rows = reader.quantized(ref, layout);
        ArrowBuf decoded = memory.buffer(Math.min(CHUNK, layout.values()) * Float.BYTES)) {
      for (long at = 0; at < layout.values(); at += CHUNK) {
        int count = (int) Math.min(CHUNK, layout.values() - at);
        decoder.decode(rows, at, count, decoded);
        for (int w = 0; w < count; w++) {
          float value = decoded.getFloat((long) w * Float.BYTES);
          if (!Float.isFinite(value)) {
            int layer = layout.runs().get(rows.offsets().runOf(at + w)).layerId();
            return new Decoded(i, null, "has the weight " + value, layer);
          }
        }
      }
    }
    return new Decoded(i, null, null, -1);
  }

  private void take(Decoded decoded, PageLayout layout) {
    if (decoded.problem() != null) {
      layout.runs().forEach(run -> faulty[run.layerId()] = true);
      RowRun first = layout.runs().get(0);
      String layer =
          decoded.layer() < 0 ? first.layerName() : reader.layers().get(decoded.layer()).name();
      problems.add(new Problem(layer, decoded.problem()));
    } else if (decoded.crcs() != null) {
      for (int r = 0; r < layout.runs().size(); r++) {
        RowRun run = layout.runs().get(r);
        int id = run.layerId();
        crcs[id] = Crc32cCombination.combine(crcs[id], decoded.crcs().get(r), bytes(run));
      }
    }
  }

  private int bytes(RowRun run) {
    int bits = reader.layers().get(run.layerId()).dtype().bits();
    return Math.toIntExact(run.weights() * bits / 8);
  }
}
