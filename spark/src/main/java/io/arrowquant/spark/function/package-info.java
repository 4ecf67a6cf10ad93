/** SQL functions: {@code aq_dequantize} and {@code aq_quantize}. */
package io.arrowquant.spark.function;
