package io.arrowquant.arrow.parquet.reader;

import java.nio.ByteBuffer;
import org.apache.parquet.format.Encoding;

/**
 * A data page of a list column, decompressed.
 *
 * @param values leaf values, by its header
 * @param encoding of the body
 * @param repetition encoded repetition levels
 * @param definition encoded definition levels
 * @param body encoded values, little-endian
 */
record ListPage(
    int values, Encoding encoding, byte[] repetition, byte[] definition, ByteBuffer body) {}
