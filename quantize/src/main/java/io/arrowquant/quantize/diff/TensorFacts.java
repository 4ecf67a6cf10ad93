package io.arrowquant.quantize.diff;

import io.arrowquant.core.safetensors.DType;
import java.util.List;

/**
 * What is known of a tensor without reading it.
 *
 * @param dtype as in its checkpoint
 * @param type how it is stored: {@code F32}, {@code int4}
 */
public record TensorFacts(DType dtype, String type, List<Long> shape) {}
