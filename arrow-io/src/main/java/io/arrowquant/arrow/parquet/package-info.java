/**
 * Parquet V2 Extended: what lies on disk. {@link io.arrowquant.arrow.parquet.Manifest} and {@link
 * io.arrowquant.arrow.parquet.LayerRecord} describe a model, {@link
 * io.arrowquant.arrow.parquet.WeightsSchema} the columns of its weights, {@link
 * io.arrowquant.arrow.parquet.RowRun} and {@link io.arrowquant.arrow.parquet.PageLayout} how rows
 * fall into row groups and pages. One idea carries the format: an n-bit code is a dictionary index,
 * and Parquet stores indices in n bits each, so that every reader sees plain numbers.
 */
package io.arrowquant.arrow.parquet;
