/**
 * The {@code arrowquant} command: where a process begins and ends. The only package that ends it.
 */
package io.arrowquant.cli;
