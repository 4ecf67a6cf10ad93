package io.arrowquant.core.checkpoint;

import io.arrowquant.core.safetensors.DType;

/**
 * What a checkpoint holds of one dtype.
 *
 * @param tensors number of tensors
 * @param parameters number of elements in all
 * @param bytes bytes of data in all
 */
public record DTypeCount(DType dtype, long tensors, long parameters, long bytes) {}
