package io.arrowquant.core.remote;

import io.arrowquant.core.path.ForeignFileSystem;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** The files of one folder on a server, read-only; what has been read of them is kept here. */
final class RemoteFileSystem extends ForeignFileSystem<RemotePath> {

  private static final RemoteFileSystemProvider PROVIDER = new RemoteFileSystemProvider();

  private final Connection connection;
  private final Requests requests;
  private final RemoteFolder folder;

  /**
   * How the server is reached.
   *
   * @param address as the user gave it, perhaps with credentials: never to be shown
   */
  record Connection(String address, RemoteClient client) {}

  RemoteFileSystem(Connection connection, Requests requests, RemoteFolder folder) {
    this.connection = connection;
    this.requests = requests;
    this.folder = folder;
  }

  Connection connection() {
    return connection;
  }

  RemoteFolder folder() {
    return folder;
  }

  Traffic traffic() {
    return connection.client().traffic();
  }

  boolean isOffline() {
    return connection.client().options().offline();
  }

  /** The absolute path of a name. */
  RemotePath at(String name) {
    return path(true, names(name));
  }

  @Override
  protected RemotePath path(boolean absolute, List<String> names) {
    return new RemotePath(this, absolute, names);
  }

  RemoteFile file(RemotePath path) throws IOException {
    return folder
        .file(path.toRealPath().name())
        .orElseThrow(() -> new NoSuchFileException(path.toString()));
  }

  void prefetch(RemotePath path) {
    try {
      requests.start(List.of(file(path)));
    } catch (IOException e) {
      // Whoever reads the file will learn of it.
    }
  }

  void prefetch(List<RemoteFile> files) {
    requests.start(files);
  }

  /** Whether there are files below a path. */
  boolean isFolder(RemotePath path) throws IOException {
    String name = path.toRealPath().name();
    if (name.isEmpty()) {
      return true;
    }
    for (String file : folder.files().tailMap(name + "/").keySet()) {
      return file.startsWith(name + "/");
    }
    return false;
  }

  /** Names right below a folder. */
  Set<String> namesIn(RemotePath path) throws IOException {
    String prefix = path.getNameCount() == 0 ? "" : path.toRealPath().name() + "/";
    Set<String> names = new TreeSet<>();
    for (String file : folder.files().keySet()) {
      if (file.startsWith(prefix)) {
        names.add(file.substring(prefix.length()).split("/", 2)[0]);
      }
    }
    return names;
  }

  /** What is known of a file's size without asking for it. */
  Optional<Long> claimedSize(RemotePath path) {
    return Optional.ofNullable(folder.claimedSizes().get(path.toRealPath().name()));
  }

  @Override
  public RemoteFileSystemProvider provider() {
    return PROVIDER;
  }

  @Override
  public boolean isReadOnly() {
    return true;
  }
}
