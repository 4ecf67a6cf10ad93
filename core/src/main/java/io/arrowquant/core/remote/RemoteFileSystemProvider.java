package io.arrowquant.core.remote;

import io.arrowquant.core.path.ForeignAttributes;
import io.arrowquant.core.path.ForeignProvider;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.AccessMode;
import java.nio.file.CopyOption;
import java.nio.file.FileSystemException;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.FileTime;
import java.util.Collection;
import java.util.Set;

/** What {@link java.nio.file.Files} does with remote paths: reading, and nothing else. */
final class RemoteFileSystemProvider extends ForeignProvider<RemotePath> {

  private static final int STREAM_BUFFER = 1 << 20;
  private static final FileTime UNKNOWN = FileTime.fromMillis(0);

  RemoteFileSystemProvider() {
    super(RemotePath.class);
  }

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
    return new RemoteChannel(own(path).file());
  }

  @Override
  public InputStream newInputStream(Path path, OpenOption... options) throws IOException {
    return new BufferedInputStream(
        Channels.newInputStream(newByteChannel(path, Set.of(options))), STREAM_BUFFER);
  }

  @Override
  protected Collection<String> namesIn(RemotePath folder) throws IOException {
    RemoteFileSystem system = folder.server();
    if (!system.isFolder(folder)) {
      throw new NotDirectoryException(folder.toString());
    }
    return system.namesIn(folder);
  }

  @Override
  protected ForeignAttributes attributes(RemotePath path) throws IOException {
    RemoteFileSystem system = path.server();
    if (system.isOffline() && path.hubName().isPresent()) {
      throw new NoSuchFileException(path.toString()); // what the cache has is elsewhere
    }
    if (system.isFolder(path)) {
      return new ForeignAttributes(true, 0, UNKNOWN);
    }
    RemoteFile file = path.file();
    Long claimed = system.claimedSize(path).orElse(null);
    return new ForeignAttributes(false, claimed != null ? claimed : file.size(), UNKNOWN);
  }

  @Override
  public void checkAccess(Path path, AccessMode... modes) throws IOException {
    for (AccessMode mode : modes) {
      if (mode == AccessMode.WRITE) {
        throw readOnly(path);
      }
    }
    super.checkAccess(path, modes);
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

  private static FileSystemException readOnly(Path path) {
    return new FileSystemException(path.toString(), null, "what is on a server is only read");
  }
}
