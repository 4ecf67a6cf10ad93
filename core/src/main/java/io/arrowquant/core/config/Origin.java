package io.arrowquant.core.config;

import java.util.Locale;

/** Where a setting's value came from, strongest first. */
public enum Origin {
  /** A builder call or a command-line flag. */
  EXPLICIT,
  /** An {@code ARROW_QUANT_*} variable. */
  ENVIRONMENT,
  /** A settings file. */
  FILE,
  PROFILE,
  BUILT_IN;

  /** Whether the user said the value itself: it is neither a profile's nor built in. */
  public boolean isSaid() {
    return compareTo(FILE) <= 0;
  }

  /** The lower-case word for people and files. */
  public String word() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
