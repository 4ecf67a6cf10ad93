/** The way back: a model folder's tensors as a SafeTensors checkpoint. */
package io.arrowquant.quantize.restore;
