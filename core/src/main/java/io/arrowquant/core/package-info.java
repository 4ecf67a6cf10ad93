/**
 * What every module shares: the family of {@link io.arrowquant.core.ArrowQuantException}, {@link
 * io.arrowquant.core.Progress}, sizes and names as they are written. No Arrow, no Parquet.
 */
package io.arrowquant.core;
