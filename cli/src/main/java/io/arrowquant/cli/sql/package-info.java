/**
 * SQL over models: {@link io.arrowquant.cli.sql.ModelDatabase} is an embedded DuckDB that sees one
 * model and nothing else, {@link io.arrowquant.cli.sql.SqlText} cuts text into statements, {@link
 * io.arrowquant.cli.sql.ResultFormat} prints what they answer.
 */
package io.arrowquant.cli.sql;
