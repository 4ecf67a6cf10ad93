package io.arrowquant.core.path;

import java.io.IOException;
import java.net.URI;
import java.nio.file.AccessMode;
import java.nio.file.DirectoryStream;
import java.nio.file.FileStore;
import java.nio.file.FileSystem;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.ProviderMismatchException;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttributeView;
import java.nio.file.spi.FileSystemProvider;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/**
 * What {@link java.nio.file.Files} does with paths, as far as it is the same everywhere. File
 * systems are not found by their URIs: whoever makes one has it.
 *
 * @param <P> the paths that it is given
 */
public abstract class ForeignProvider<P extends ForeignPath<P>> extends FileSystemProvider {

  private final Class<P> paths;

  /** For paths of a class. */
  protected ForeignProvider(Class<P> paths) {
    this.paths = paths;
  }

  /**
   * What is known of a file or folder.
   *
   * @throws java.nio.file.NoSuchFileException if there is none
   */
  protected abstract ForeignAttributes attributes(P path) throws IOException;

  /**
   * Names right below a folder.
   *
   * @throws java.nio.file.NotDirectoryException if it is none
   */
  protected abstract Collection<String> namesIn(P folder) throws IOException;

  /** A path that {@link java.nio.file.Files} was given. */
  protected final P own(Path path) {
    if (paths.isInstance(path)) {
      return paths.cast(path);
    }
    throw new ProviderMismatchException();
  }

  @Override
  public final DirectoryStream<Path> newDirectoryStream(
      Path folder, DirectoryStream.Filter<? super Path> filter) throws IOException {
    List<Path> entries = new ArrayList<>();
    for (String name : namesIn(own(folder))) {
      Path entry = folder.resolve(folder.getFileSystem().getPath(name));
      if (filter.accept(entry)) {
        entries.add(entry);
      }
    }
    return new DirectoryStream<>() {
      @Override
      public Iterator<Path> iterator() {
        return entries.iterator();
      }

      @Override
      public void close() {}
    };
  }

  @Override
  public final <A extends BasicFileAttributes> A readAttributes(
      Path path, Class<A> type, LinkOption... options) throws IOException {
    if (type != BasicFileAttributes.class) {
      throw new UnsupportedOperationException(type.getName());
    }
    return type.cast(attributes(own(path)));
  }

  @Override
  public void checkAccess(Path path, AccessMode... modes) throws IOException {
    attributes(own(path));
  }

  @Override
  public final boolean isSameFile(Path path, Path other) {
    return own(path).toRealPath().equals(other.toAbsolutePath().normalize());
  }

  @Override
  public final boolean isHidden(Path path) {
    return path.getFileName() != null && path.getFileName().toString().startsWith(".");
  }

  @Override
  public final FileStore getFileStore(Path path) {
    throw new UnsupportedOperationException("file stores");
  }

  @Override
  public final <V extends FileAttributeView> V getFileAttributeView(
      Path path, Class<V> type, LinkOption... options) {
    return null;
  }

  @Override
  public final Map<String, Object> readAttributes(Path path, String names, LinkOption... options) {
    throw new UnsupportedOperationException("attributes by name");
  }

  @Override
  public final FileSystem newFileSystem(URI uri, Map<String, ?> environment) {
    throw new UnsupportedOperationException("file systems by URI");
  }

  @Override
  public final FileSystem getFileSystem(URI uri) {
    throw new UnsupportedOperationException("file systems by URI");
  }

  @Override
  public final Path getPath(URI uri) {
    throw new UnsupportedOperationException("paths by URI");
  }
}
