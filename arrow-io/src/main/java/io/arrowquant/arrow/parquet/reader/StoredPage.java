package io.arrowquant.arrow.parquet.reader;

import org.apache.parquet.format.PageHeader;

/**
 * One page of a column chunk.
 *
 * @param header as stored
 * @param offset of the page's bytes in the chunk, levels first
 * @param length of those bytes
 */
record StoredPage(PageHeader header, long offset, int length) {}
