package io.arrowquant.quantize;

/** How much a model's kind shapes the work. */
public enum Mode {
  /** A strategy per modality: time-aware and spatial where calibrated. */
  DIFFUSION,
  /** No strategy: plain groups. */
  BASE
}
