/** Scales and zero points of a slice, their codebooks, and the codes that follow from them. */
package io.arrowquant.quantize.fit;
