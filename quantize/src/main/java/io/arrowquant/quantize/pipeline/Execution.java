package io.arrowquant.quantize.pipeline;

import io.arrowquant.arrow.parquet.Manifest;
import io.arrowquant.arrow.parquet.ModelFile;
import io.arrowquant.arrow.parquet.writer.ModelFiles;
import io.arrowquant.quantize.plan.SlicePlan.Unit;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * The carrying out of one plan: where slices are done, and where the model's files go. It ends with
 * {@link #finish}; closed without, it leaves nothing behind. Used by one thread.
 */
public interface Execution extends AutoCloseable {

  /**
   * Does the units of a class, writes row groups of what the ledger accepts, and tells the ledger
   * of them.
   *
   * @param units in the order of writing
   */
  void run(List<Unit> units, RunLedger ledger);

  /** The model's files so far; those of the classes that were run are among them. */
  ModelFiles files();

  /**
   * Writes the manifest; from then on the model is there.
   *
   * @param manifest makes the manifest from the files written
   * @return what to tell the user, where the model that was replaced could not be deleted
   */
  Optional<String> finish(Function<List<ModelFile>, Manifest> manifest);

  /** The most off-heap memory that one process held in buffers for a run or a task of it. */
  long peakMemoryBytes();

  /** Slices that are done at one time. */
  int workers();

  @Override
  void close();
}
