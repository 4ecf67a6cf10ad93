/** Sums of values and errors, and what is made of them. */
package io.arrowquant.quantize.measure;
