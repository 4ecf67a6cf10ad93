/** Slices through workers to the writer: order, back-pressure, the accuracy gate. */
package io.arrowquant.quantize.pipeline;
