/**
 * Two ways back: {@link io.arrowquant.arrow.parquet.reader.ModelReader}, straight to the packed
 * pages in the mapped files, and {@link io.arrowquant.arrow.parquet.reader.ModelScan}, Arrow
 * batches from Arrow C++.
 */
package io.arrowquant.arrow.parquet.reader;
