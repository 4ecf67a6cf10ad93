/**
 * Widen, range, encode, pack, unpack, decode: loops over memory that allocate and decide nothing.
 */
package io.arrowquant.quantize.kernel;
