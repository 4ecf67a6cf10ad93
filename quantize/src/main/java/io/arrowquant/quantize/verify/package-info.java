/** Whether a model folder is what it says: its files, its rows, every one of its tensors. */
package io.arrowquant.quantize.verify;
