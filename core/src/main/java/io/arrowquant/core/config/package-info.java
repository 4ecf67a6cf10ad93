/** Settings: what each may be, profiles, files and environment, and where each value came from. */
package io.arrowquant.core.config;
