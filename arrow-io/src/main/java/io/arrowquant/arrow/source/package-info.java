/**
 * Ranges of a file's bytes as Arrow buffers: mapped in place, or read into a bounded allocator's
 * memory.
 */
package io.arrowquant.arrow.source;
