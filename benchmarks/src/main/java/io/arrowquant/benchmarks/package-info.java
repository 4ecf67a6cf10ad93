/**
 * What ArrowQuant costs in time and memory, held against what the machine allows in the same run.
 */
package io.arrowquant.benchmarks;
