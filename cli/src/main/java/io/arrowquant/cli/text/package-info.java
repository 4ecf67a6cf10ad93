/** Numbers, tables, JSON and names of strangers as text for people and scripts. */
package io.arrowquant.cli.text;
