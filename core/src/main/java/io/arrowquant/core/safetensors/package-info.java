/**
 * The SafeTensors format: headers and indexes, read by every rule of the format, data untouched. A
 * file is checked in the order length, JSON, each tensor by itself, all tensors together; what has
 * been read can be trusted from then on.
 */
package io.arrowquant.core.safetensors;
