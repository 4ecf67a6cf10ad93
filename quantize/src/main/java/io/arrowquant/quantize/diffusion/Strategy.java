package io.arrowquant.quantize.diffusion;

import io.arrowquant.core.config.DiffusionQuantConfig;
import io.arrowquant.core.config.Origin;
import io.arrowquant.core.modality.Modality;

/**
 * What is done beside plain groups, and why.
 *
 * @param timeAware whether errors count by the activations of all timesteps, whose ranges are
 *     stored per group of timesteps
 * @param spatial whether input channels are equalized
 * @param reason the rule that chose, in a few words
 */
public record Strategy(boolean timeAware, boolean spatial, String reason) {

  /** Nothing beside plain groups. */
  public static Strategy none(String reason) {
    return new Strategy(false, false, reason);
  }

  /**
   * The strategy for a model: text and code are time-aware, images and audio spatial too, where
   * there is calibration data; what is unknown is treated as text, which changes no weight's scale.
   * What the user or a profile says of either wins; but no other runtime undoes an equalisation, so
   * that a model made for one is not spatial.
   *
   * @param calibrated whether there is calibration data for any tensor
   */
  public static Strategy of(DiffusionQuantConfig config, Modality modality, boolean calibrated) {
    if (!calibrated) {
      return none("there is no calibration data");
    }
    boolean spatialByModality =
        switch (modality) {
          case IMAGE, AUDIO -> true;
          case TEXT, CODE, UNKNOWN -> false;
        };
    boolean wanted = isSaid(config, "enable_spatial") ? config.enableSpatial() : spatialByModality;
    boolean spatial = wanted && config.target().isEmpty();
    boolean said = isSaid(config, "enable_spatial") || isSaid(config, "enable_time_aware");
    return new Strategy(
        config.enableTimeAware(),
        spatial,
        said ? "by the settings" : "by the modality " + modality.word());
  }

  private static boolean isSaid(DiffusionQuantConfig config, String setting) {
    return config.origin(setting) != Origin.BUILT_IN;
  }

  /** In words: {@code time-aware and spatial}, {@code none}. */
  public String title() {
    return timeAware && spatial
        ? "time-aware and spatial"
        : timeAware ? "time-aware" : spatial ? "spatial" : "none";
  }
}
