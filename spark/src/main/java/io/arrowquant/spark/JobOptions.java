package io.arrowquant.spark;

/**
 * How a job is done, none of which changes a stored number.
 *
 * @param overwrite whether a model at the output is replaced once the new one is complete
 * @param allowRequantize whether a source that another tool has quantized already is taken
 * @param taskBytes source bytes of a task, about; each task writes a file of weights
 */
public record JobOptions(boolean overwrite, boolean allowRequantize, long taskBytes) {

  /** Of 16-bit weights 128 Mi, which take 64 MiB and a little more at 4 bits. */
  public static final long DEFAULT_TASK_BYTES = 256L << 20;

  /** Neither replaces a model nor takes a quantized source; {@link #DEFAULT_TASK_BYTES}. */
  public static final JobOptions DEFAULT = new JobOptions(false, false, DEFAULT_TASK_BYTES);

  public JobOptions {
    if (taskBytes < 1) {
      throw new IllegalArgumentException("a task of " + taskBytes + " bytes does nothing");
    }
  }

  public JobOptions withOverwrite(boolean allowed) {
    return new JobOptions(allowed, allowRequantize, taskBytes);
  }

  public JobOptions withAllowRequantize(boolean allowed) {
    return new JobOptions(overwrite, allowed, taskBytes);
  }

  public JobOptions withTaskBytes(long bytes) {
    return new JobOptions(overwrite, allowRequantize, bytes);
  }
}
