/**
 * Tensors as Arrow vectors over the file's own bytes, widened to float32 on request, and out
 * through the C data interface.
 *
 * <p>Each vector's field carries {@code arrowquant.dtype} (the name in the file) and {@code
 * arrowquant.shape} (such as {@code [64, 32, 3, 3]}) as metadata.
 */
package io.arrowquant.arrow.tensor;
