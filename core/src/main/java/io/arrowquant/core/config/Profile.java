package io.arrowquant.core.config;

import java.util.Locale;
import java.util.Map;

/** Named sets of values, weaker than anything the user says. */
public enum Profile {
  /** Phones and boards: 2 bits. */
  EDGE(2, 256, 5, false, 0.65, 32),
  /** One's own machine: 4 bits. */
  LOCAL(4, 128, 10, true, 0.85, 128),
  /** Servers: 8 bits. */
  CLOUD(8, 64, 20, true, 0.95, 512);

  private final int bitWidth;
  private final int groupSize;
  private final int numTimeGroups;
  private final boolean enableSpatial;
  private final double minAccuracy;
  private final int calibrationSamples;

  Profile(
      int bitWidth,
      int groupSize,
      int numTimeGroups,
      boolean enableSpatial,
      double minAccuracy,
      int calibrationSamples) {
    this.bitWidth = bitWidth;
    this.groupSize = groupSize;
    this.numTimeGroups = numTimeGroups;
    this.enableSpatial = enableSpatial;
    this.minAccuracy = minAccuracy;
    this.calibrationSamples = calibrationSamples;
  }

  /** The lower-case word used in files and on the command line. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  Map<Setting, Object> settings() {
    return Map.of(
        Setting.BIT_WIDTH, bitWidth,
        Setting.GROUP_SIZE, groupSize,
        Setting.NUM_TIME_GROUPS, numTimeGroups,
        Setting.ENABLE_TIME_AWARE, true,
        Setting.ENABLE_SPATIAL, enableSpatial,
        Setting.MIN_ACCURACY, minAccuracy,
        Setting.CALIBRATION_SAMPLES, calibrationSamples);
  }
}
