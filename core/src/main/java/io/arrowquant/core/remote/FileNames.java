package io.arrowquant.core.remote;

/** Names of files as servers give them: data until they are checked. */
final class FileNames {

  private FileNames() {}

  /** Whether a name is of a file inside a folder: relative, in plain parts, none of them dots. */
  static boolean isInside(String name) {
    if (name.isEmpty() || name.indexOf('\\') >= 0 || name.chars().anyMatch(c -> c < ' ')) {
      return false;
    }
    for (String part : name.split("/", -1)) {
      if (part.isEmpty() || part.equals(".") || part.equals("..")) {
        return false;
      }
    }
    return true;
  }
}
