package io.arrowquant.core.path;

import java.nio.file.FileStore;
import java.nio.file.FileSystem;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.nio.file.WatchService;
import java.nio.file.attribute.UserPrincipalLookupService;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * A file system with one root and {@code /} between names. It holds nothing open, so closing it
 * does nothing. Paths of file systems that are {@link #equals equal} belong together.
 *
 * @param <P> its paths
 */
public abstract class ForeignFileSystem<P extends ForeignPath<P>> extends FileSystem {

  static final String SEPARATOR = "/";

  private static final Pattern SEPARATORS = Pattern.compile("/+");

  /** The path of names, none of them empty. */
  protected abstract P path(boolean absolute, List<String> names);

  /** The absolute path that relative ones are resolved against. */
  protected P workingFolder() {
    return path(true, List.of());
  }

  /** The names in a path, of which several separators in a row are one. */
  public static List<String> names(String path) {
    return SEPARATORS.splitAsStream(path).filter(name -> !name.isEmpty()).toList();
  }

  @Override
  public final P getPath(String first, String... more) {
    String all =
        more.length == 0 ? first : first + SEPARATOR + String.join(SEPARATOR, List.of(more));
    return path(first.startsWith(SEPARATOR), names(all));
  }

  @Override
  public final String getSeparator() {
    return SEPARATOR;
  }

  @Override
  public final Iterable<Path> getRootDirectories() {
    return List.of(path(true, List.of()));
  }

  @Override
  public final boolean isOpen() {
    return true;
  }

  @Override
  public final void close() {}

  @Override
  public final Iterable<FileStore> getFileStores() {
    return List.of();
  }

  @Override
  public final Set<String> supportedFileAttributeViews() {
    return Set.of("basic");
  }

  @Override
  public final PathMatcher getPathMatcher(String syntaxAndPattern) {
    throw new UnsupportedOperationException("patterns of paths");
  }

  @Override
  public final UserPrincipalLookupService getUserPrincipalLookupService() {
    throw new UnsupportedOperationException("owners of files");
  }

  @Override
  public final WatchService newWatchService() {
    throw new UnsupportedOperationException("files are not watched");
  }
}
