/**
 * What a model makes or reads, found by one table of rules over metadata, configuration, folders
 * and tensor names.
 */
package io.arrowquant.core.modality;
