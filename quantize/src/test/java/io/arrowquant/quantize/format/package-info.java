/** A reader written from {@code docs/format.md} alone: nothing here imports the product. */
package io.arrowquant.quantize.format;
