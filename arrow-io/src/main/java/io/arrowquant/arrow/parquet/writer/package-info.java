/**
 * From batches to a model folder: workers encode row groups ({@link
 * io.arrowquant.arrow.parquet.writer.RowGroupEncoder}), one writer per model puts them on disk
 * ({@link io.arrowquant.arrow.parquet.writer.ModelWriter}).
 */
package io.arrowquant.arrow.parquet.writer;
