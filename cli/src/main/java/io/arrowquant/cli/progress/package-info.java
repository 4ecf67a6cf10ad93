/** How far a run is: a bar on a terminal, lines elsewhere. */
package io.arrowquant.cli.progress;
