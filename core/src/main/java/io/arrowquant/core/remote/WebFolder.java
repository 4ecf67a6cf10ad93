package io.arrowquant.core.remote;

import io.arrowquant.core.safetensors.ForeignFormat;
import java.net.URI;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * A folder of a web server, which does not list its files: those are known that the user or an
 * index names, and of a folder those with the usual names that the server turns out to have.
 */
final class WebFolder implements RemoteFolder {

  private static final Pattern FILE = Pattern.compile(".*\\.(safetensors|json)");

  /** Asked for all at once where the user gives a folder. */
  private static final List<String> USUAL =
      List.of(
          "model.safetensors",
          "model.safetensors.index.json",
          "diffusion_pytorch_model.safetensors",
          "diffusion_pytorch_model.safetensors.index.json",
          "config.json",
          "model.json");

  private final RemoteClient client;
  private final Requests requests;
  private final URI base;
  private final String given;
  private final SortedMap<String, RemoteFile> files = new TreeMap<>();
  private final Map<String, RemoteFile> usual = new LinkedHashMap<>();
  private boolean probed;

  private WebFolder(RemoteClient client, Requests requests, URI base, String given) {
    this.client = client;
    this.requests = requests;
    this.base = base;
    this.given = given;
    this.probed = !given.isEmpty() && !given.endsWith(".json");
    if (!given.isEmpty()) {
      files.put(given, make(given));
    }
    if (!probed) {
      List<String> names = given.isEmpty() ? USUAL : List.of("config.json");
      names.forEach(name -> usual.put(name, make(name)));
    }
  }

  /**
   * The folder that an address names, or that lies around the file that it names.
   *
   * @param address with a path; its query goes along to every file
   */
  static WebFolder of(RemoteClient client, Requests requests, URI address) {
    String path = Objects.toString(address.getRawPath(), "");
    String last = path.substring(path.lastIndexOf('/') + 1);
    boolean isFile =
        !last.isEmpty()
            && (FILE.matcher(last).matches()
                || ForeignFormat.ofName(last).isPresent()
                || address.getRawQuery() != null);
    String folder = isFile ? path.substring(0, path.length() - last.length()) : path;
    URI base =
        URI.create(
            address.getScheme()
                + "://"
                + address.getRawAuthority()
                + (folder.endsWith("/") ? folder : folder + "/")
                + (address.getRawQuery() == null ? "" : "?" + address.getRawQuery()));
    return new WebFolder(client, requests, base, isFile ? URI.create(last).getPath() : "");
  }

  /** The file that the user's address names; empty for a folder. */
  String given() {
    return given;
  }

  @Override
  public String display() {
    return WebAddress.display(base).replaceAll("/$", "");
  }

  @Override
  public synchronized SortedMap<String, RemoteFile> files() {
    if (!probed) {
      probe();
      probed = true;
    }
    return new TreeMap<>(files);
  }

  @Override
  public Map<String, Long> claimedSizes() {
    return Map.of();
  }

  /** What is not known may be a shard that an index names, unless one file is all that is given. */
  @Override
  public synchronized Optional<RemoteFile> file(String name) {
    if (given.isEmpty() && usual.containsKey(name)) {
      return Optional.ofNullable(files().get(name));
    }
    if (given.endsWith(".json") && usual.containsKey(name)) {
      return Optional.of(usual.get(name));
    }
    boolean shard =
        FileNames.isInside(name)
            && name.endsWith(".safetensors")
            && (given.isEmpty() || given.endsWith(".json"));
    return Optional.ofNullable(shard ? files.computeIfAbsent(name, this::make) : files.get(name));
  }

  @Override
  public List<RemoteFile> likely(String path) {
    List<RemoteFile> likely = new ArrayList<>(usual.values());
    if (!given.isEmpty()) {
      likely.add(file(given).orElseThrow());
    }
    return likely;
  }

  @Override
  public Optional<String> commit() {
    return Optional.empty();
  }

  @Override
  public Optional<HubName> hubName() {
    return Optional.empty();
  }

  private void probe() {
    requests.start(usual.values());
    usual.forEach(
        (name, file) -> {
          try {
            file.start();
            files.putIfAbsent(name, file);
          } catch (NoSuchFileException e) {
            // The server has no such file.
          }
        });
  }

  private RemoteFile make(String name) {
    String encoded = WebAddress.encode(name);
    String query = base.getRawQuery() == null ? "" : "?" + base.getRawQuery();
    URI address =
        URI.create(
            base.getScheme()
                + "://"
                + base.getRawAuthority()
                + base.getRawPath()
                + encoded
                + query);
    return new RemoteFile(client, address, display() + "/" + name);
  }
}
