package io.arrowquant.quantize.pipeline;

import io.arrowquant.arrow.parquet.writer.EncodedRowGroup;
import io.arrowquant.arrow.parquet.writer.RowGroupRecord;
import io.arrowquant.core.ArrowQuantException;
import io.arrowquant.quantize.measure.ErrorSums;
import io.arrowquant.quantize.plan.SlicePlan;
import io.arrowquant.quantize.plan.SlicePlan.Slice;
import io.arrowquant.quantize.plan.TensorPlan;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;

/**
 * Quantized slices in a file. Beside a run's output they let it go on when it was stopped: it does
 * everything again, but takes from here what was measured and encoded before. So it gives the same
 * bytes as one that was never stopped. Safe for use by many threads.
 */
final class SliceJournal implements AutoCloseable {

  private final Path file;
  private final RecordLog records;

  private SliceJournal(Path file, RecordLog records) {
    this.file = file;
    this.records = records;
  }

  /** Where the journal of an output is. */
  static Path fileOf(Path output) {
    Path absolute = output.toAbsolutePath().normalize();
    return absolute.resolveSibling("." + absolute.getFileName() + ".journal");
  }

  /**
   * Opens the journal that a stopped run left, or begins one.
   *
   * @param fingerprint what the slices depend on: source and settings
   * @throws io.arrowquant.core.InvalidConfigException if it was left by a run of another source or
   *     other settings
   */
  static SliceJournal open(Path file, String fingerprint) {
    return new SliceJournal(file, RecordLog.open(file, digest(fingerprint)));
  }

  /**
   * A journal of this run alone, whose file is deleted when it is closed.
   *
   * @param folder for the file
   */
  static SliceJournal temporary(Path folder) {
    Path file = folder.resolve("slices");
    return new SliceJournal(file, RecordLog.temporary(file));
  }

  /** Whether a slice was done before, so that its source will not be read. */
  boolean holds(Slice slice) {
    return takes(slice) && records.holds(key(slice));
  }

  /**
   * What came of a slice before.
   *
   * @param memory for its row group
   * @return owned by the caller; null where the journal does not have it
   */
  SliceResult find(Slice slice, BufferAllocator memory) {
    try {
      RecordLog.Found found = records.find(key(slice));
      if (found == null) {
        return null;
      }
      List<ErrorSums> sums = new ArrayList<>();
      List<Integer> crcs = new ArrayList<>();
      for (int r = found.head().readInt(); r > 0; r--) {
        sums.add(ErrorSums.read(found.head()));
        crcs.add(found.head().readInt());
      }
      EncodedRowGroup group = found.head().readBoolean() ? group(slice, found, memory) : null;
      return new SliceResult(slice, group, sums, crcs);
    } catch (IOException e) {
      throw ArrowQuantException.whileReading(file, e);
    }
  }

  private EncodedRowGroup group(Slice slice, RecordLog.Found found, BufferAllocator memory)
      throws IOException {
    ArrowBuf bytes = memory.buffer(Math.max(1, found.bodySize()));
    try {
      records.read(found.bodyAt(), bytes.nioBuffer(0, Math.toIntExact(found.bodySize())));
      return RowGroupRecord.read(slice.layout(), found.head(), bytes);
    } catch (IOException | RuntimeException | Error e) {
      bytes.close();
      throw e;
    }
  }

  /** Puts a slice's result down; the caller keeps it. */
  void add(SliceResult result) {
    try {
      records.append(
          key(result.slice()),
          out -> {
            out.writeInt(result.sums().size());
            for (int r = 0; r < result.sums().size(); r++) {
              result.sums().get(r).write(out);
              out.writeInt(result.crcs().get(r));
            }
            out.writeBoolean(result.group() != null);
            if (result.group() != null) {
              RowGroupRecord.describe(result.group(), out);
            }
          },
          result.group() == null ? List.of() : RowGroupRecord.bytes(result.group()));
    } catch (IOException e) {
      throw ArrowQuantException.whileWriting(file, e);
    }
  }

  /** What is done to which rows: all that a slice's result depends on beside the fingerprint. */
  private static String key(Slice slice) {
    StringBuilder text = new StringBuilder(slice.kind().toString());
    for (int r = 0; r < slice.tensors().size(); r++) {
      TensorPlan tensor = slice.tensors().get(r);
      text.append(tensor.treatment()).append(slice.layout().runs().get(r));
      tensor
          .calibration()
          .ifPresent(c -> text.append(c.importance()).append(Arrays.toString(c.scales())));
    }
    return digest(text.toString());
  }

  private static String digest(String text) {
    try {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every Java platform has it
    }
  }

  /**
   * Whether slices of this kind are worth putting down: kept ones are read as fast as from here.
   */
  static boolean takes(Slice slice) {
    return slice.kind() instanceof SlicePlan.SliceKind.Quantized;
  }

  /** Deletes a journal that is not needed any more. */
  static void delete(Path output) {
    Path file = fileOf(output);
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw ArrowQuantException.whileWriting(file, e);
    }
  }

  @Override
  public void close() {
    records.close();
  }
}
