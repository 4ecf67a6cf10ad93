/**
 * Quantized models in the formats that other runtimes load. A format is a list of tensors and what
 * is said about them; codes go from the mapped pages to the files as they are, a strip of rows at a
 * time.
 *
 * <p>The unsigned code is {@code u = code + 2^(bits-1)}, so {@code w = (u - z) * scale} with {@code
 * z = zero point + 2^(bits-1)}.
 *
 * <ul>
 *   <li>MLX: {@code w = scale * u + bias}, {@code bias = -z * scale}; rows of {@code u} as
 *       little-endian 32-bit integers.
 *   <li>compressed-tensors, pack-quantized: {@code w = (code - zero point) * scale}, both integers
 *       stored with {@code 2^(bits-1)} added; zero points packed along the rows.
 *   <li>GGUF: blocks of 32 weights. Q8_0 is {@code d * code}, Q4_0 {@code d * (u - 8)}, Q4_1 {@code
 *       d * u + m}; of four bits the low halves of 16 bytes are the first 16 weights.
 * </ul>
 */
package io.arrowquant.quantize.export;
