package io.arrowquant.core.config;

import java.util.Locale;

/** How hard to look for the best scale and zero point of a group. */
public enum Method {
  /** The range from minimum to maximum: bound by memory. */
  FAST,
  /** A search with a least-squares refit: bound by arithmetic, smaller errors. */
  BEST;

  /** The lower-case word used in files and on the command line. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
