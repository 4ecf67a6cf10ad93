/**
 * Matrices times vectors straight from packed codes. With {@code u} the unsigned code and {@code z}
 * the zero point counted from the least code, a group of a row contributes
 *
 * <pre>scale * (sum of u[j] * x[j]  -  z * sum of x[j])</pre>
 *
 * so that the second sum is taken once for all rows, and the first one needs nothing but masks,
 * conversions and multiplications of whole arrays.
 */
package io.arrowquant.quantize.multiply;
