package io.arrowquant.spark.hadoop;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.ProviderMismatchException;
import java.nio.file.WatchEvent;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.List;

/**
 * A path of a Hadoop file system.
 *
 * @param files where it is
 * @param absolute whether it starts at the root
 * @param names of its folders and file, none of them empty
 */
record HadoopPath(HadoopFileSystem files, boolean absolute, List<String> names) implements Path {

  static final String SEPARATOR = "/";

  static HadoopPath of(HadoopFileSystem files, String path) {
    List<String> names = Arrays.stream(path.split(SEPARATOR)).filter(n -> !n.isEmpty()).toList();
    return new HadoopPath(files, path.startsWith(SEPARATOR), names);
  }

  /** The same in Hadoop's own words, whatever characters its names hold. */
  org.apache.hadoop.fs.Path hadoop() {
    URI root = files.files().getUri();
    return new org.apache.hadoop.fs.Path(
        root.getScheme(), root.getAuthority(), toAbsolutePath().toString());
  }

  private HadoopPath with(boolean isAbsolute, List<String> others) {
    return new HadoopPath(files, isAbsolute, List.copyOf(others));
  }

  private static HadoopPath own(Path path) {
    if (path instanceof HadoopPath own) {
      return own;
    }
    throw new ProviderMismatchException();
  }

  @Override
  public HadoopFileSystem getFileSystem() {
    return files;
  }

  @Override
  public boolean isAbsolute() {
    return absolute;
  }

  @Override
  public HadoopPath getRoot() {
    return absolute ? with(true, List.of()) : null;
  }

  @Override
  public HadoopPath getFileName() {
    return names.isEmpty() ? null : with(false, names.subList(names.size() - 1, names.size()));
  }

  @Override
  public HadoopPath getParent() {
    return names.isEmpty() || (!absolute && names.size() == 1)
        ? null
        : with(absolute, names.subList(0, names.size() - 1));
  }

  @Override
  public int getNameCount() {
    return names.size();
  }

  @Override
  public HadoopPath getName(int index) {
    return subpath(index, index + 1);
  }

  @Override
  public HadoopPath subpath(int begin, int end) {
    return with(false, names.subList(begin, end));
  }

  @Override
  public boolean startsWith(Path other) {
    return other instanceof HadoopPath that
        && files.equals(that.files)
        && absolute == that.absolute
        && names.size() >= that.names.size()
        && names.subList(0, that.names.size()).equals(that.names);
  }

  @Override
  public boolean endsWith(Path other) {
    if (!(other instanceof HadoopPath that) || names.size() < that.names.size()) {
      return false;
    }
    return that.absolute
        ? equals(that)
        : names.subList(names.size() - that.names.size(), names.size()).equals(that.names);
  }

  @Override
  public HadoopPath normalize() {
    Deque<String> kept = new ArrayDeque<>();
    for (String name : names) {
      boolean up = name.equals("..");
      if (up && !kept.isEmpty() && !kept.getLast().equals("..")) {
        kept.removeLast();
      } else if (!name.equals(".") && !(up && absolute)) {
        kept.addLast(name);
      }
    }
    return with(absolute, List.copyOf(kept));
  }

  /** A relative path of another file system stands for its names. */
  @Override
  public HadoopPath resolve(Path other) {
    HadoopPath that =
        other instanceof HadoopPath || other.isAbsolute()
            ? own(other)
            : of(files, other.toString().replace(other.getFileSystem().getSeparator(), SEPARATOR));
    if (that.absolute) {
      return that;
    }
    List<String> joined = new ArrayList<>(names);
    joined.addAll(that.names);
    return with(absolute, joined);
  }

  @Override
  public HadoopPath relativize(Path other) {
    HadoopPath that = own(other);
    if (absolute != that.absolute) {
      throw new IllegalArgumentException(other + " is of another kind than " + this);
    }
    int shared = 0;
    while (shared < Math.min(names.size(), that.names.size())
        && names.get(shared).equals(that.names.get(shared))) {
      shared++;
    }
    List<String> way = new ArrayList<>(Collections.nCopies(names.size() - shared, ".."));
    way.addAll(that.names.subList(shared, that.names.size()));
    return with(false, way);
  }

  /** With the scheme and authority of its file system. */
  @Override
  public URI toUri() {
    URI root = files.files().getUri();
    try {
      return new URI(
          root.getScheme(), root.getAuthority(), toAbsolutePath().toString(), null, null);
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public HadoopPath toAbsolutePath() {
    return absolute
        ? this
        : of(files, files.files().getWorkingDirectory().toUri().getPath()).resolve(this);
  }

  @Override
  public HadoopPath toRealPath(LinkOption... options) {
    return toAbsolutePath().normalize();
  }

  @Override
  public WatchKey register(
      WatchService watcher, WatchEvent.Kind<?>[] events, WatchEvent.Modifier... modifiers) {
    throw new UnsupportedOperationException();
  }

  @Override
  public int compareTo(Path other) {
    return toString().compareTo(own(other).toString());
  }

  @Override
  public String toString() {
    return (absolute ? SEPARATOR : "") + String.join(SEPARATOR, names);
  }
}
