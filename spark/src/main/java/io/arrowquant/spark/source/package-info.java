/**
 * SafeTensors as a Spark data source: {@code spark.read.format("safetensors").load(path)} gives one
 * row per row of a weight matrix, with {@code option("tensors", "true")} one row per tensor.
 */
package io.arrowquant.spark.source;
