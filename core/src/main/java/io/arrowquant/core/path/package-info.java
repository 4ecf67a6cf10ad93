/**
 * Paths of file systems that Java does not bring: what every such file system shares, so that one
 * says only where its files are and how they are read.
 */
package io.arrowquant.core.path;
