package io.arrowquant.quantize.restore;

import io.arrowquant.arrow.safetensors.ShardedSafeTensorsWriter;
import io.arrowquant.core.config.MemoryLimits;
import java.util.OptionalInt;

/**
 * How a checkpoint is restored.
 *
 * @param dtype of the weights that were quantized
 * @param maxShardBytes most bytes of tensors in a file of a folder; a larger tensor has its own
 * @param overwrite whether a checkpoint at the output is replaced once the new one is complete
 * @param threads workers; one per processor where it is empty
 * @param maxMemoryMb memory outside the heap, in MiB
 */
public record RestoreOptions(
    TargetDType dtype,
    long maxShardBytes,
    boolean overwrite,
    OptionalInt threads,
    int maxMemoryMb) {

  /** The source's dtypes, shards of 5 GB, nothing replaced, a worker per processor, 512 MiB. */
  public static final RestoreOptions DEFAULT =
      new RestoreOptions(
          TargetDType.SOURCE,
          ShardedSafeTensorsWriter.DEFAULT_SHARD_BYTES,
          false,
          OptionalInt.empty(),
          MemoryLimits.DEFAULT_MB);

  public RestoreOptions withDType(TargetDType target) {
    return new RestoreOptions(target, maxShardBytes, overwrite, threads, maxMemoryMb);
  }

  public RestoreOptions withMaxShardBytes(long bytes) {
    return new RestoreOptions(dtype, bytes, overwrite, threads, maxMemoryMb);
  }

  public RestoreOptions withOverwrite(boolean allowed) {
    return new RestoreOptions(dtype, maxShardBytes, allowed, threads, maxMemoryMb);
  }

  public RestoreOptions withThreads(int count) {
    return new RestoreOptions(dtype, maxShardBytes, overwrite, OptionalInt.of(count), maxMemoryMb);
  }

  public RestoreOptions withMaxMemoryMb(int mebibytes) {
    return new RestoreOptions(dtype, maxShardBytes, overwrite, threads, mebibytes);
  }
}
