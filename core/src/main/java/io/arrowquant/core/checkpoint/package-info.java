/**
 * Models as they lie on disk (a file, shards, a folder, a diffusers folder, the Hugging Face
 * cache), seen as one sorted list of tensors, from headers alone.
 */
package io.arrowquant.core.checkpoint;
