/** What the formats that other runtimes load can hold, as rules and as roundings. */
package io.arrowquant.quantize.target;
