/** How output takes its place: made beside it, complete or not there, one run at a time. */
package io.arrowquant.arrow.output;
