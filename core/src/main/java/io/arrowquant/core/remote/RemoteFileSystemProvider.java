package io.arrowquant.core.remote;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.channels.Channels;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.AccessMode;
import java.nio.file.CopyOption;
import java.nio.file.DirectoryStream;
import java.nio.file.FileStore;
import java.nio.file.FileSystem;
import java.nio.file.FileSystemException;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.FileAttributeView;
import java.nio.file.spi.FileSystemProvider;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What {@link java.nio.file.Files} does with remote paths: reading, and nothing else. */
final class RemoteFileSystemProvider extends FileSystemProvider {

  private static final int STREAM_BUFFER = 1 << 20;

  @Override
  public String getScheme() {
    return "arrowquant-remote";
  }

  @Override
  public SeekableByteChannel newByteChannel(
      Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes)
      throws IOException {
    for (OpenOption option : options) {
      if (option != StandardOpenOption.READ) {
        throw readOnly(path);
      }
    }
    return new RemoteChannel(remote(path).file());
  }

  @Override
  public InputStream newInputStream(Path path, OpenOption... options) throws IOException {
    return new BufferedInputStream(
        Channels.newInputStream(newByteChannel(path, Set.of(options))), STREAM_BUFFER);
  }

  @Override
  public DirectoryStream<Path> newDirectoryStream(
      Path folder, DirectoryStream.Filter<? super Path> filter) throws IOException {
    RemotePath path = remote(folder);
    if (!path.server().isFolder(path)) {
      throw new NotDirectoryException(path.toString());
    }
    List<Path> entries = new ArrayList<>();
    for (String name : path.server().namesIn(path)) {
      Path entry = path.resolve(name);
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
  public <A extends BasicFileAttributes> A readAttributes(
      Path given, Class<A> type, LinkOption... options) throws IOException {
    if (!type.isAssignableFrom(RemoteAttributes.class)) {
      throw new UnsupportedOperationException(type.getName());
    }
    RemotePath path = remote(given);
    RemoteFileSystem system = path.server();
    if (system.isOffline() && path.hubName().isPresent()) {
      throw new NoSuchFileException(path.toString()); // what the cache has is elsewhere
    }
    if (system.isFolder(path)) {
      return type.cast(new RemoteAttributes(true, 0));
    }
    RemoteFile file = path.file();
    Long claimed = system.claimedSize(path).orElse(null);
    return type.cast(new RemoteAttributes(false, claimed != null ? claimed : file.size()));
  }

  @Override
  public void checkAccess(Path path, AccessMode... modes) throws IOException {
    for (AccessMode mode : modes) {
      if (mode == AccessMode.WRITE) {
        throw readOnly(path);
      }
    }
    readAttributes(path, BasicFileAttributes.class);
  }

  @Override
  public boolean isSameFile(Path one, Path other) {
    return one.equals(other);
  }

  @Override
  public boolean isHidden(Path path) {
    return false;
  }

  @Override
  public FileStore getFileStore(Path path) {
    throw new UnsupportedOperationException("servers have no file stores");
  }

  @Override
  public <V extends FileAttributeView> V getFileAttributeView(
      Path path, Class<V> type, LinkOption... options) {
    return null;
  }

  @Override
  public Map<String, Object> readAttributes(Path path, String names, LinkOption... options) {
    throw new UnsupportedOperationException("attributes by name");
  }

  @Override
  public FileSystem newFileSystem(URI uri, Map<String, ?> environment) {
    throw new UnsupportedOperationException("use RemotePath.of");
  }

  @Override
  public FileSystem getFileSystem(URI uri) {
    throw new UnsupportedOperationException("use RemotePath.of");
  }

  @Override
  public Path getPath(URI uri) {
    return RemotePath.of(uri.toString());
  }

  @Override
  public void createDirectory(Path path, FileAttribute<?>... attributes) throws IOException {
    throw readOnly(path);
  }

  @Override
  public void delete(Path path) throws IOException {
    throw readOnly(path);
  }

  @Override
  public void copy(Path source, Path target, CopyOption... options) throws IOException {
    throw readOnly(target);
  }

  @Override
  public void move(Path source, Path target, CopyOption... options) throws IOException {
    throw readOnly(target);
  }

  @Override
  public void setAttribute(Path path, String name, Object value, LinkOption... options)
      throws IOException {
    throw readOnly(path);
  }

  private static RemotePath remote(Path path) {
    return (RemotePath) path;
  }

  private static FileSystemException readOnly(Path path) {
    return new FileSystemException(path.toString(), null, "what is on a server is only read");
  }
}
