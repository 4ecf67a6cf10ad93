package io.arrowquant.core.modality;

import java.util.Locale;

/** What a model makes or reads. Unknown is unknown, not text. */
public enum Modality {
  TEXT,
  CODE,
  IMAGE,
  AUDIO,
  UNKNOWN;

  /** The lower-case word used in files and on the command line. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
