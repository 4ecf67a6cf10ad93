/** A synthetic diffusion transformer to try everything on, the same bytes for the same seed. */
package io.arrowquant.cli.demo;
