package io.arrowquant.core.remote;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.FileSystem;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.nio.file.WatchService;
import java.nio.file.attribute.UserPrincipalLookupService;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** The files of one folder on a server, read-only; what has been read of them is kept here. */
final class RemoteFileSystem extends FileSystem {

  private static final Pattern SLASHES = Pattern.compile("/+");

  private final RemoteFileSystemProvider provider = new RemoteFileSystemProvider();
  private final Origin origin;
  private final Requests requests;
  private final RemoteFolder folder;

  /**
   * What the file system was made from.
   *
   * @param address as the user gave it, perhaps with credentials: never to be shown
   */
  record Origin(String address, RemoteClient client) {}

  RemoteFileSystem(Origin origin, Requests requests, RemoteFolder folder) {
    this.origin = origin;
    this.requests = requests;
    this.folder = folder;
  }

  Origin origin() {
    return origin;
  }

  RemoteFolder folder() {
    return folder;
  }

  Traffic traffic() {
    return origin.client().traffic();
  }

  boolean isOffline() {
    return origin.client().options().offline();
  }

  /** An absolute path. */
  RemotePath path(String name) {
    return new RemotePath(this, true, names(name));
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

  private static List<String> names(String name) {
    return SLASHES.splitAsStream(name).filter(n -> !n.isEmpty()).toList();
  }

  @Override
  public RemoteFileSystemProvider provider() {
    return provider;
  }

  @Override
  public void close() {}

  @Override
  public boolean isOpen() {
    return true;
  }

  @Override
  public boolean isReadOnly() {
    return true;
  }

  @Override
  public String getSeparator() {
    return "/";
  }

  @Override
  public Iterable<Path> getRootDirectories() {
    return List.of(path(""));
  }

  @Override
  public Iterable<FileStore> getFileStores() {
    return List.of();
  }

  @Override
  public Set<String> supportedFileAttributeViews() {
    return Set.of("basic");
  }

  @Override
  public Path getPath(String first, String... more) {
    String joined = first + "/" + String.join("/", more);
    return new RemotePath(this, first.startsWith("/"), names(joined));
  }

  @Override
  public PathMatcher getPathMatcher(String syntaxAndPattern) {
    throw new UnsupportedOperationException("no patterns over servers");
  }

  @Override
  public UserPrincipalLookupService getUserPrincipalLookupService() {
    throw new UnsupportedOperationException("servers have no users here");
  }

  @Override
  public WatchService newWatchService() {
    throw new UnsupportedOperationException("servers are not watched");
  }
}
