package io.arrowquant.core.remote;

import io.arrowquant.core.CheckpointNotFoundException;
import io.arrowquant.core.QuotedName;
import java.io.IOException;
import java.net.URI;
import java.nio.file.FileSystem;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.WatchEvent;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A file or folder on a server, to be given wherever the path of a model is taken: {@code
 * hf://org/name[@revision][/path]}, {@code https://host/model.safetensors}, or a folder or an index
 * there. Making one asks nobody; paths made from it share what has been read.
 *
 * <p>As a {@link Path} it is absolute, or relative where {@link #relativize} made it, and of a
 * read-only file system that knows no links. Relative paths of other file systems resolve against
 * it by their names.
 */
public final class RemotePath implements Path {

  private static final Pattern ADDRESS = Pattern.compile("(?i)(hf|https?):/+(.*)");

  private final RemoteFileSystem fileSystem;
  private final boolean absolute;
  private final List<String> names;

  RemotePath(RemoteFileSystem fileSystem, boolean absolute, List<String> names) {
    this.fileSystem = fileSystem;
    this.absolute = absolute;
    this.names = List.copyOf(names);
  }

  /** Whether a text is the address of something on a server. */
  public static boolean isAddress(String text) {
    return ADDRESS.matcher(text).matches();
  }

  /**
   * The path of an address, with the options of this process's environment. Slashes that a {@link
   * Path} has folded are put back.
   *
   * @throws CheckpointNotFoundException if the address is malformed
   */
  public static RemotePath of(String address) {
    return of(address, RemoteOptions.ofProcess());
  }

  /**
   * The path of an address.
   *
   * @throws CheckpointNotFoundException if the address is malformed
   */
  public static RemotePath of(String address, RemoteOptions options) {
    return of(address, options, Optional.empty());
  }

  private static RemotePath of(String address, RemoteOptions options, Optional<Spool> spool) {
    Matcher matcher = ADDRESS.matcher(address);
    if (!matcher.matches()) {
      throw new CheckpointNotFoundException(QuotedName.of(address) + " is not a web address.");
    }
    RemoteClient client = new RemoteClient(options, spool);
    RemoteFileSystem.Origin origin = new RemoteFileSystem.Origin(address, client);
    Requests requests = new Requests();
    if (matcher.group(1).equalsIgnoreCase("hf")) {
      HubName name = HubName.parse(HubName.SCHEME + matcher.group(2));
      return new RemoteFileSystem(origin, requests, new HubFolder(client, name)).path(name.path());
    }
    URI uri =
        WebAddress.parse(matcher.group(1) + "://" + matcher.group(2))
            .orElseThrow(
                () -> new CheckpointNotFoundException("The web address given is malformed."));
    WebFolder folder = WebFolder.of(client, requests, uri);
    return new RemoteFileSystem(origin, requests, folder).path(folder.given());
  }

  /**
   * The same path with weights files fetched whole into a temporary folder, for servers without
   * ranges. {@link #deleteCopies} is the caller's to call.
   *
   * @param parent where the temporary folder is to be
   */
  public RemotePath downloading(Path parent) {
    RemoteFileSystem.Origin origin = fileSystem.origin();
    return of(origin.address(), origin.client().options(), Optional.of(new Spool(parent)));
  }

  /** Deletes what {@link #downloading} has left on disk. */
  public void deleteCopies() {
    fileSystem.origin().client().spool().ifPresent(Spool::close);
  }

  /** Begins to read what is needed of several files to open a model; local ones are left alone. */
  public static void prefetch(Collection<Path> files) {
    for (Path file : files) {
      if (file instanceof RemotePath remote) {
        remote.fileSystem.prefetch(remote);
      }
    }
  }

  /** Begins to read what opening the model at this path will need first. */
  public RemotePath prefetchModel() throws IOException {
    fileSystem.prefetch(fileSystem.folder().likely(name()));
    return this;
  }

  /**
   * The file itself.
   *
   * @throws java.nio.file.NoSuchFileException if there is none
   */
  public RemoteFile file() throws IOException {
    return fileSystem.file(this);
  }

  /**
   * The address that another process opens the file by, of the commit that is pinned. It may hold
   * credentials: never to be shown.
   *
   * @throws java.nio.file.NoSuchFileException if there is none
   */
  public String fileAddress() throws IOException {
    return file().address().toString();
  }

  /** What has gone over the network for this path and all made from it. */
  public Traffic traffic() {
    return fileSystem.traffic();
  }

  /** The model's name on the Hub, for addresses that begin with {@code hf://}. */
  public Optional<HubName> hubName() {
    return fileSystem.folder().hubName();
  }

  /** The commit of all files, where the server has commits; it is asked if need be. */
  public Optional<String> commit() throws IOException {
    return fileSystem.folder().commit();
  }

  /** Whether the Hub is not to be asked. */
  public boolean isOffline() {
    return fileSystem.isOffline();
  }

  /** Names of all files below this folder, relative to it, as far as the server tells. */
  public List<String> filesBelow() throws IOException {
    String prefix = names.isEmpty() ? "" : name() + "/";
    return fileSystem.folder().files().keySet().stream()
        .filter(n -> n.startsWith(prefix))
        .map(n -> n.substring(prefix.length()))
        .toList();
  }

  /** The path below the folder, {@code /} between its names. */
  public String name() {
    return String.join("/", names);
  }

  List<String> names() {
    return names;
  }

  @Override
  public FileSystem getFileSystem() {
    return fileSystem;
  }

  RemoteFileSystem server() {
    return fileSystem;
  }

  @Override
  public boolean isAbsolute() {
    return absolute;
  }

  @Override
  public RemotePath getRoot() {
    return absolute ? with(true, List.of()) : null;
  }

  @Override
  public RemotePath getFileName() {
    return names.isEmpty() ? null : with(false, names.subList(names.size() - 1, names.size()));
  }

  @Override
  public RemotePath getParent() {
    if (names.isEmpty() || !absolute && names.size() == 1) {
      return null;
    }
    return with(absolute, names.subList(0, names.size() - 1));
  }

  @Override
  public int getNameCount() {
    return names.size();
  }

  @Override
  public RemotePath getName(int index) {
    return subpath(index, index + 1);
  }

  @Override
  public RemotePath subpath(int begin, int end) {
    if (begin < 0 || end > names.size() || begin >= end) {
      throw new IllegalArgumentException("names " + begin + " to " + end + " of " + this);
    }
    return with(false, names.subList(begin, end));
  }

  @Override
  public boolean startsWith(Path other) {
    return other instanceof RemotePath remote
        && remote.fileSystem == fileSystem
        && remote.absolute == absolute
        && remote.names.size() <= names.size()
        && names.subList(0, remote.names.size()).equals(remote.names);
  }

  @Override
  public boolean endsWith(Path other) {
    List<String> ending = namesOf(other);
    return other.isAbsolute()
        ? equals(other)
        : ending.size() <= names.size()
            && names.subList(names.size() - ending.size(), names.size()).equals(ending);
  }

  @Override
  public RemotePath normalize() {
    List<String> normal = new ArrayList<>();
    for (String name : names) {
      if (name.equals("..") && !normal.isEmpty()) {
        normal.remove(normal.size() - 1);
      } else if (!name.equals(".") && !name.equals("..")) {
        normal.add(name);
      }
    }
    return with(absolute, normal);
  }

  @Override
  public Path resolve(Path other) {
    if (other.isAbsolute()) {
      return other;
    }
    List<String> longer = new ArrayList<>(names);
    longer.addAll(namesOf(other));
    return with(absolute, longer);
  }

  @Override
  public RemotePath relativize(Path other) {
    if (!other.startsWith(this)) {
      throw new IllegalArgumentException(other + " is not below " + this);
    }
    return with(false, ((RemotePath) other).names.subList(names.size(), other.getNameCount()));
  }

  /** An address without credentials. */
  @Override
  public URI toUri() {
    return URI.create(
        fileSystem.folder().display().replace(" ", "%20") + "/" + WebAddress.encode(name()));
  }

  @Override
  public RemotePath toAbsolutePath() {
    return absolute ? this : with(true, names);
  }

  @Override
  public RemotePath toRealPath(LinkOption... options) {
    return toAbsolutePath().normalize();
  }

  @Override
  public WatchKey register(
      WatchService watcher, WatchEvent.Kind<?>[] events, WatchEvent.Modifier... modifiers) {
    throw new UnsupportedOperationException("servers are not watched");
  }

  @Override
  public int compareTo(Path other) {
    return toString().compareTo(other.toString());
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof RemotePath path
        && path.fileSystem == fileSystem
        && path.absolute == absolute
        && path.names.equals(names);
  }

  @Override
  public int hashCode() {
    return names.hashCode();
  }

  /** As the user would write it, without credentials. */
  @Override
  public String toString() {
    if (!absolute) {
      return name();
    }
    String folder = fileSystem.folder().display();
    return names.isEmpty() ? folder : folder + "/" + name();
  }

  private RemotePath with(boolean isAbsolute, List<String> other) {
    return new RemotePath(fileSystem, isAbsolute, other);
  }

  private static List<String> namesOf(Path path) {
    List<String> names = new ArrayList<>();
    path.forEach(name -> names.add(name.toString()));
    names.removeIf(String::isEmpty);
    return names;
  }
}
