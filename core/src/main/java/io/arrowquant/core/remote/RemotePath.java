package io.arrowquant.core.remote;

import io.arrowquant.core.CheckpointNotFoundException;
import io.arrowquant.core.QuotedName;
import io.arrowquant.core.path.ForeignPath;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
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
 * <p>Its file system is read-only, knows no links and equals no other: paths of one model that were
 * made apart are of two.
 */
public final class RemotePath extends ForeignPath<RemotePath> {

  private static final Pattern ADDRESS = Pattern.compile("(?i)(hf|https?):/+(.*)");

  private final RemoteFileSystem fileSystem;

  RemotePath(RemoteFileSystem fileSystem, boolean absolute, List<String> names) {
    super(fileSystem, absolute, names);
    this.fileSystem = fileSystem;
  }

  /** Whether a text is the address of something on a server. */
  public static boolean isAddress(String text) {
    return ADDRESS.matcher(text).matches();
  }

  /** The path that a text is: on a server where it is an address, else on this machine. */
  public static Path orLocal(String text) {
    return isAddress(text) ? of(text) : Path.of(text);
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
    RemoteFileSystem.Connection connection = new RemoteFileSystem.Connection(address, client);
    Requests requests = new Requests();
    if (matcher.group(1).equalsIgnoreCase("hf")) {
      HubName name = HubName.parse(HubName.SCHEME + matcher.group(2));
      return new RemoteFileSystem(connection, requests, new HubFolder(client, name))
          .at(name.path());
    }
    URI uri =
        WebAddress.parse(matcher.group(1) + "://" + matcher.group(2))
            .orElseThrow(
                () -> new CheckpointNotFoundException("The web address given is malformed."));
    WebFolder folder = WebFolder.of(client, requests, uri);
    return new RemoteFileSystem(connection, requests, folder).at(folder.given());
  }

  /**
   * The same path with weights files fetched whole into a temporary folder, for servers without
   * ranges. {@link #deleteCopies} is the caller's to call.
   *
   * @param parent where the temporary folder is to be
   */
  public RemotePath downloading(Path parent) {
    RemoteFileSystem.Connection connection = fileSystem.connection();
    return of(connection.address(), connection.client().options(), Optional.of(new Spool(parent)));
  }

  /** Deletes what {@link #downloading} has left on disk. */
  public void deleteCopies() {
    fileSystem.connection().client().spool().ifPresent(Spool::close);
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
    String prefix = names().isEmpty() ? "" : name() + "/";
    return fileSystem.folder().files().keySet().stream()
        .filter(n -> n.startsWith(prefix))
        .map(n -> n.substring(prefix.length()))
        .toList();
  }

  /** The path below the folder, {@code /} between its names. */
  public String name() {
    return String.join("/", names());
  }

  RemoteFileSystem server() {
    return fileSystem;
  }

  /** An address without credentials. */
  @Override
  public URI toUri() {
    return WebAddress.ofShown(toAbsolutePath().toString());
  }

  /** As the user would write it, without credentials. */
  @Override
  public String toString() {
    if (!isAbsolute()) {
      return name();
    }
    String folder = fileSystem.folder().display();
    return names().isEmpty() ? folder : folder + "/" + name();
  }
}
