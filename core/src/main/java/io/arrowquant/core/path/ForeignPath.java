package io.arrowquant.core.path;

import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.ProviderMismatchException;
import java.nio.file.WatchEvent;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * A path as the list of its names; the empty path has none. Relative paths of other file systems
 * resolve against it by their names.
 *
 * @param <P> the kind of path itself
 */
public abstract class ForeignPath<P extends ForeignPath<P>> implements Path {

  private static final String HERE = ".";
  private static final String UP = "..";

  private final ForeignFileSystem<P> fileSystem;
  private final boolean absolute;
  private final List<String> names;

  /**
   * @param names of its folders and file, none of them empty
   */
  protected ForeignPath(ForeignFileSystem<P> fileSystem, boolean absolute, List<String> names) {
    this.fileSystem = fileSystem;
    this.absolute = absolute;
    this.names = List.copyOf(names);
  }

  /** Of its folders and file, from the outermost. */
  protected final List<String> names() {
    return names;
  }

  @Override
  public ForeignFileSystem<P> getFileSystem() {
    return fileSystem;
  }

  @Override
  public final boolean isAbsolute() {
    return absolute;
  }

  @Override
  public final P getRoot() {
    return absolute ? fileSystem.path(true, List.of()) : null;
  }

  @Override
  public final P getFileName() {
    return names.isEmpty() ? null : getName(names.size() - 1);
  }

  @Override
  public final P getParent() {
    return names.isEmpty() || !absolute && names.size() == 1
        ? null
        : fileSystem.path(absolute, names.subList(0, names.size() - 1));
  }

  @Override
  public final int getNameCount() {
    return names.size();
  }

  @Override
  public final P getName(int index) {
    return subpath(index, index + 1);
  }

  @Override
  public final P subpath(int begin, int end) {
    if (begin < 0 || end > names.size() || begin >= end) {
      throw new IllegalArgumentException("names " + begin + " to " + end + " of " + this);
    }
    return fileSystem.path(false, names.subList(begin, end));
  }

  @Override
  public final boolean startsWith(Path other) {
    return other instanceof ForeignPath<?> that
        && fileSystem.equals(that.fileSystem)
        && absolute == that.absolute
        && names.size() >= that.names.size()
        && names.subList(0, that.names.size()).equals(that.names);
  }

  @Override
  public final boolean endsWith(Path other) {
    if (!(other instanceof ForeignPath<?> that)
        || !fileSystem.equals(that.fileSystem)
        || names.size() < that.names.size()) {
      return false;
    }
    return that.absolute
        ? equals(that)
        : names.subList(names.size() - that.names.size(), names.size()).equals(that.names);
  }

  @Override
  public final P normalize() {
    List<String> kept = new ArrayList<>();
    for (String name : names) {
      String last = kept.isEmpty() ? UP : kept.get(kept.size() - 1);
      if (name.equals(UP) && !last.equals(UP)) {
        kept.remove(kept.size() - 1);
      } else if (!name.equals(HERE) && !(name.equals(UP) && absolute)) {
        kept.add(name);
      }
    }
    return fileSystem.path(absolute, kept);
  }

  @Override
  public final Path resolve(Path other) {
    if (other.isAbsolute()) {
      return other;
    }
    List<String> longer = new ArrayList<>(names);
    if (other instanceof ForeignPath<?> that) {
      longer.addAll(that.names);
    } else {
      other.forEach(name -> longer.add(name.toString()));
      longer.removeIf(String::isEmpty);
    }
    return fileSystem.path(absolute, longer);
  }

  @Override
  public final P relativize(Path other) {
    if (!getClass().isInstance(other)) {
      throw new ProviderMismatchException();
    }
    List<String> from = normalize().names();
    List<String> to = ((ForeignPath<?>) other.normalize()).names;
    int shared = 0;
    while (shared < Math.min(from.size(), to.size()) && from.get(shared).equals(to.get(shared))) {
      shared++;
    }
    if (!fileSystem.equals(other.getFileSystem())
        || absolute != other.isAbsolute()
        || from.subList(shared, from.size()).contains(UP)) {
      throw new IllegalArgumentException(other + " cannot be reached from " + this);
    }
    List<String> way = new ArrayList<>(Collections.nCopies(from.size() - shared, UP));
    way.addAll(to.subList(shared, to.size()));
    return fileSystem.path(false, way);
  }

  @Override
  public final P toAbsolutePath() {
    List<String> all = new ArrayList<>();
    if (!absolute) {
      all.addAll(fileSystem.workingFolder().names());
    }
    all.addAll(names);
    return fileSystem.path(true, all);
  }

  /**
   * The absolute path without {@code .} and {@code ..}; whether there is such a file is not asked.
   */
  @Override
  public final P toRealPath(LinkOption... options) {
    return toAbsolutePath().normalize();
  }

  @Override
  public final WatchKey register(
      WatchService watcher, WatchEvent.Kind<?>[] events, WatchEvent.Modifier... modifiers) {
    throw new UnsupportedOperationException("files are not watched");
  }

  @Override
  public final int compareTo(Path other) {
    return toString().compareTo(getClass().cast(other).toString());
  }

  @Override
  public final boolean equals(Object other) {
    return other instanceof ForeignPath<?> that
        && fileSystem.equals(that.fileSystem)
        && absolute == that.absolute
        && names.equals(that.names);
  }

  @Override
  public final int hashCode() {
    return names.hashCode();
  }

  @Override
  public String toString() {
    return (absolute ? ForeignFileSystem.SEPARATOR : "")
        + String.join(ForeignFileSystem.SEPARATOR, names);
  }
}
