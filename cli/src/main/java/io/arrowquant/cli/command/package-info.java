/**
 * One class per command, with the options that several share ({@link
 * io.arrowquant.cli.command.ConfigOptions}, {@link io.arrowquant.cli.command.OutputOptions}), and
 * what commands print. {@link io.arrowquant.cli.command.ExitCode} lists how they end.
 */
package io.arrowquant.cli.command;
