/**
 * What happens to each tensor, and why, decided before the first weight is read; how it is sliced.
 */
package io.arrowquant.quantize.plan;
