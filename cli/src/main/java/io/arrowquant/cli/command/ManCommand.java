package io.arrowquant.cli.command;

import io.arrowquant.core.ArrowQuantException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Writes a manual page for each command, from what the commands say of themselves. */
@Command(
    name = "generate-man",
    mixinStandardHelpOptions = true,
    description = "Write manual pages: arrowquant.1, arrowquant-quantize.1 and so on.")
final class ManCommand implements Runnable {

  @Spec private CommandSpec spec;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "DIR",
      required = true,
      description = "Folder to write in; pages that are there are replaced.")
  private Path folder;

  @Override
  public void run() {
    Map<String, String> pages = new TreeMap<>();
    collect(spec.root(), pages);
    try {
      Files.createDirectories(folder);
      for (Map.Entry<String, String> page : pages.entrySet()) {
        Files.writeString(folder.resolve(page.getKey() + ".1"), page.getValue());
      }
    } catch (IOException e) {
      throw ArrowQuantException.whileWriting(folder, e);
    }
    spec.commandLine().getOut().println(pages.size() + " pages in " + folder);
    spec.commandLine().getOut().flush();
  }

  private static void collect(CommandSpec command, Map<String, String> pages) {
    pages.put(command.qualifiedName("-"), ManPage.of(command));
    command.subcommands().values().forEach(sub -> collect(sub.getCommandSpec(), pages));
  }
}
