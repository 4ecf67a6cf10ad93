package io.arrowquant.core.config;

/** What limits of memory outside the heap can be, in MiB. */
public final class MemoryLimits {

  /** Where nothing else is said. */
  public static final int DEFAULT_MB = 512;

  /** The least that work can be done in. */
  public static final int LEAST_MB = 64;

  /** The greatest that is taken for meant. */
  static final int MOST_MB = 1 << 20;

  private MemoryLimits() {}
}
