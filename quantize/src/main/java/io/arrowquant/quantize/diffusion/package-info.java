/**
 * What diffusion models get beside plain groups where they are calibrated: a strategy by modality,
 * groups of timesteps, equalized input channels.
 */
package io.arrowquant.quantize.diffusion;
