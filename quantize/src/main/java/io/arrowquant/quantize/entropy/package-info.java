/** How much of their bits the codes of tensors use. */
package io.arrowquant.quantize.entropy;
