package io.arrowquant.core.remote;

import io.arrowquant.core.CheckpointNotFoundException;
import io.arrowquant.core.QuotedName;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A model on the Hub: {@code hf://org/name[@revision][/path]}.
 *
 * @param repository {@code org/name}
 * @param revision a branch, a tag or a commit
 * @param path of a file or folder in it; empty for all of it
 */
public record HubName(String repository, String revision, String path) {

  static final String SCHEME = "hf://";

  private static final String MAIN = "main";
  private static final Pattern NAME =
      Pattern.compile(
          "([A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9][A-Za-z0-9._-]*)"
              + "(?:@(refs/(?:pr|convert)/[A-Za-z0-9._-]+|[A-Za-z0-9][A-Za-z0-9._%-]*))?"
              + "(?:/(.*))?");
  private static final Pattern COMMIT = Pattern.compile("[0-9a-f]{40}");

  /**
   * @throws CheckpointNotFoundException if the address is none of a model on the Hub
   */
  static HubName parse(String address) {
    String rest = address.substring(SCHEME.length());
    Matcher name = NAME.matcher(rest);
    if (!name.matches() || rest.startsWith("datasets/") || rest.startsWith("spaces/")) {
      throw new CheckpointNotFoundException(
          QuotedName.of(address)
              + " is not the address of a model on the Hub, hf://org/name[@revision][/path].");
    }
    String revision = name.group(2) == null ? MAIN : name.group(2).replaceAll("(?i)%2f", "/");
    String path = name.group(3) == null ? "" : name.group(3);
    if (!FileNames.isInside(revision)
        || !path.isEmpty() && !FileNames.isInside(path.replaceAll("/+$", ""))) {
      throw new CheckpointNotFoundException(
          QuotedName.of(address) + " names no file or folder inside the model.");
    }
    return new HubName(name.group(1), revision, path.replaceAll("/+$", ""));
  }

  /** Whether the revision is a commit, which never changes. */
  public boolean isPinned() {
    return isCommit(revision);
  }

  static boolean isCommit(String revision) {
    return COMMIT.matcher(revision).matches();
  }

  /** The model as the user would write it, without the path. */
  String display() {
    return SCHEME + repository + (revision.equals(MAIN) ? "" : "@" + revision);
  }
}
