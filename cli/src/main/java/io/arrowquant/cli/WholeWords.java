package io.arrowquant.cli;

import java.util.List;
import picocli.CommandLine.Help;
import picocli.CommandLine.Help.Ansi.Text;
import picocli.CommandLine.Help.ColorScheme;
import picocli.CommandLine.Help.Column;
import picocli.CommandLine.Help.Layout;
import picocli.CommandLine.Help.TextTable;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/**
 * Help that breaks descriptions of options at blanks alone. picocli breaks after hyphens and
 * slashes, too, and what that leaves of {@code --group-size} cannot be copied.
 */
final class WholeWords extends Help {

  private static final Text EMPTY = Ansi.OFF.text("");

  WholeWords(CommandSpec command, ColorScheme colors) {
    super(command, colors);
  }

  @Override
  public Layout createDefaultLayout(
      List<OptionSpec> options, List<PositionalParamSpec> positionals, ColorScheme colors) {
    TextTable table = super.createDefaultLayout(options, positionals, colors).textTable();
    return new Layout(
        colors, table, createDefaultOptionRenderer(), createDefaultParameterRenderer()) {
      @Override
      public void layout(ArgSpec argument, Text[][] rows) {
        for (Text[] row : rows) {
          addRow(row);
        }
      }

      /** A row of the table for each line of its last cell. */
      private void addRow(Text[] row) {
        int last = row.length - 1;
        Column column = table.columns()[last];
        Text rest = row[last];
        int end = lineEnd(rest.plainString(), column.width - column.indent);
        while (end > 0) {
          row[last] = rest.substring(0, end);
          table.addRowValues(row);
          row = new Text[] {EMPTY, EMPTY, EMPTY, EMPTY, EMPTY};
          rest = rest.substring(end + 1);
          end = lineEnd(rest.plainString(), column.width - column.indent);
        }
        row[last] = rest;
        table.addRowValues(row);
      }
    };
  }

  /**
   * The last blank that leaves the line within the width; 0 or less where all fits, or none can.
   */
  private static int lineEnd(String text, int width) {
    return text.length() <= width ? 0 : text.lastIndexOf(' ', width);
  }
}
