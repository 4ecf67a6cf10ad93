/**
 * What activations were seen at each timestep: files of statistics or samples, matched to tensors
 * by name, and what follows for the importance of input channels.
 */
package io.arrowquant.quantize.calibration;
