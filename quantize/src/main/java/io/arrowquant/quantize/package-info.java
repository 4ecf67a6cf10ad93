/**
 * What a caller uses: {@link io.arrowquant.quantize.ArrowQuantV2} to quantize and validate, {@link
 * io.arrowquant.quantize.QuantizedModel} to read.
 */
package io.arrowquant.quantize;
