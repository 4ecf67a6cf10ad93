package io.arrowquant.core.config;

import java.util.List;

/** What codes can be, wherever it is asked: settings, options, functions, files. */
public final class CodeLimits {

  /** Bits per code, ascending. */
  public static final List<Integer> BIT_WIDTHS = List.of(2, 3, 4, 5, 6, 8);

  /** Fewest columns that can be made to share a scale. */
  public static final int LEAST_GROUP = 16;

  /** Most columns that can be made to share a scale. */
  public static final int MOST_GROUP = 1024;

  /** What stands for a width where a tensor is to be kept as it is. */
  public static final int KEEP = 16;

  private CodeLimits() {}
}
