/** A page about a quantized model that needs no network and no server. */
package io.arrowquant.cli.report;
