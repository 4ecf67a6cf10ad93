package io.arrowquant.quantize.export;

import io.arrowquant.arrow.safetensors.ShardedSafeTensorsWriter;
import io.arrowquant.core.config.Target;
import java.util.Optional;

/**
 * How to export.
 *
 * @param format what to write
 * @param overwrite whether an earlier export at the output may be replaced
 * @param requantize whether layers that the format does not hold are quantized anew from the
 *     model's weights, or, where that cannot be, written as floats
 * @param maxShardBytes most bytes of tensors in a file; GGUF is one file
 * @param architecture GGUF's {@code general.architecture}; empty to look at the names
 */
public record ExportOptions(
    Target.Format format,
    boolean overwrite,
    boolean requantize,
    long maxShardBytes,
    Optional<String> architecture) {

  /** A new folder, shards of 5 GB, nothing quantized anew. */
  public static ExportOptions of(Target.Format format) {
    return new ExportOptions(
        format, false, false, ShardedSafeTensorsWriter.DEFAULT_SHARD_BYTES, Optional.empty());
  }

  public ExportOptions withOverwrite(boolean allowed) {
    return new ExportOptions(format, allowed, requantize, maxShardBytes, architecture);
  }

  public ExportOptions withRequantize(boolean allowed) {
    return new ExportOptions(format, overwrite, allowed, maxShardBytes, architecture);
  }

  public ExportOptions withMaxShardBytes(long bytes) {
    return new ExportOptions(format, overwrite, requantize, bytes, architecture);
  }

  public ExportOptions withArchitecture(Optional<String> name) {
    return new ExportOptions(format, overwrite, requantize, maxShardBytes, name);
  }
}
