/**
 * Writing SafeTensors: one file, or shards with an index.
 *
 * <p>A file is an unsigned little-endian 64-bit header length, the header as JSON padded with
 * spaces to a multiple of 8 bytes, then the tensors' bytes without holes.
 */
package io.arrowquant.arrow.safetensors;
