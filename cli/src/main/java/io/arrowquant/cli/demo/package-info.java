/**
 * A synthetic diffusion transformer to try everything on, the same bytes for the same seed, and the
 * queries that the demo asks of what became of it.
 */
package io.arrowquant.cli.demo;
