/** The encodings inside a Parquet page: runs, bit packing, levels of lists, ZSTD. */
package io.arrowquant.arrow.parquet.encoding;
