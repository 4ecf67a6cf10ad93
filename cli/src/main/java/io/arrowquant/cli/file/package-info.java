/** Files and folders that commands write: complete under their names, or gone when closed. */
package io.arrowquant.cli.file;
