/**
 * Widen, range, encode, pack, unpack, decode: loops over memory, which allocate nothing and decide
 * nothing but which of two twins with the same results runs.
 */
package io.arrowquant.quantize.kernel;
