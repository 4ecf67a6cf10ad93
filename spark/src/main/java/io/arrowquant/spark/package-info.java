/** ArrowQuant on Spark. */
package io.arrowquant.spark;
