package io.arrowquant.quantize.pipeline;

import io.arrowquant.arrow.source.IoMode;

/**
 * How a run is done, none of which changes a stored number.
 *
 * @param io how source bytes are brought in
 * @param overwrite whether a model at the output is replaced once the new one is complete
 * @param maxPartBytes a weights file that has grown to this is ended
 * @param allowRequantize whether a source that another tool has quantized already is taken
 * @param resume whether a journal is kept, and one that a stopped run left is gone on with
 */
public record RunOptions(
    IoMode io, boolean overwrite, long maxPartBytes, boolean allowRequantize, boolean resume) {

  /** 5 GB, as Hugging Face shards. */
  public static final long DEFAULT_PART_BYTES = 5_000_000_000L;

  /** Nothing replaced, no journal, {@link #DEFAULT_PART_BYTES}, and {@link IoMode#AUTO}. */
  public static final RunOptions DEFAULT =
      new RunOptions(IoMode.AUTO, false, DEFAULT_PART_BYTES, false, false);

  public RunOptions withOverwrite(boolean allowed) {
    return new RunOptions(io, allowed, maxPartBytes, allowRequantize, resume);
  }

  public RunOptions withIo(IoMode mode) {
    return new RunOptions(mode, overwrite, maxPartBytes, allowRequantize, resume);
  }

  public RunOptions withMaxPartBytes(long bytes) {
    return new RunOptions(io, overwrite, bytes, allowRequantize, resume);
  }

  public RunOptions withAllowRequantize(boolean allowed) {
    return new RunOptions(io, overwrite, maxPartBytes, allowed, resume);
  }

  public RunOptions withResume(boolean wanted) {
    return new RunOptions(io, overwrite, maxPartBytes, allowRequantize, wanted);
  }
}
