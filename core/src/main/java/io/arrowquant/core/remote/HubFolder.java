package io.arrowquant.core.remote;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.arrowquant.core.CheckpointNotFoundException;
import io.arrowquant.core.QuotedName;
import io.arrowquant.core.RemoteException;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * A model on the Hub. One question lists its files and names the commit of the revision; all files
 * are then of that commit, whatever becomes of the revision meanwhile.
 */
final class HubFolder implements RemoteFolder {

  private static final String INDEX = ".safetensors.index.json";
  private static final Set<String> CONFIGURATION = Set.of("config.json", "model_index.json");
  private static final Pattern SHARD = Pattern.compile("-\\d{5}-of-\\d{5}\\.safetensors");

  private final RemoteClient client;
  private final HubName name;
  private final RemoteFile listing;
  private final SortedMap<String, RemoteFile> files = new TreeMap<>();
  private final Map<String, Long> sizes = new HashMap<>();
  private String commit;

  HubFolder(RemoteClient client, HubName name) {
    this.client = client;
    this.name = name;
    this.listing =
        new RemoteFile(
            client,
            URI.create(
                client.options().endpoint()
                    + "/api/models/"
                    + name.repository()
                    + "/revision/"
                    + WebAddress.encode(name.revision()).replace("/", "%2F")
                    + "?blobs=true"),
            name.display());
  }

  @Override
  public String display() {
    return name.display();
  }

  @Override
  public synchronized SortedMap<String, RemoteFile> files() {
    if (commit == null) {
      list();
    }
    return Collections.unmodifiableSortedMap(files);
  }

  @Override
  public synchronized Map<String, Long> claimedSizes() {
    return Collections.unmodifiableMap(sizes);
  }

  @Override
  public Optional<RemoteFile> file(String file) {
    return Optional.ofNullable(files().get(file));
  }

  /**
   * Configuration, index and, where there is one index alone, the shards that look like its: so
   * that they are under way together.
   */
  @Override
  public List<RemoteFile> likely(String path) {
    SortedMap<String, RemoteFile> all = files();
    if (all.containsKey(path)) {
      String folder = path.substring(0, path.lastIndexOf('/') + 1);
      return path.endsWith(".json") ? likelyIn(folder, all) : List.of(all.get(path));
    }
    return likelyIn(path.isEmpty() ? "" : path + "/", all);
  }

  private static List<RemoteFile> likelyIn(String folder, SortedMap<String, RemoteFile> all) {
    List<RemoteFile> likely = new ArrayList<>();
    List<String> weights = new ArrayList<>();
    List<String> indexes = new ArrayList<>();
    for (String name : all.tailMap(folder).keySet()) {
      String inside = name.startsWith(folder) ? name.substring(folder.length()) : "/";
      if (inside.endsWith(INDEX) && inside.indexOf('/') < 0) {
        indexes.add(name.substring(0, name.length() - INDEX.length()));
      } else if (inside.endsWith(".safetensors") && inside.indexOf('/') < 0) {
        weights.add(name);
      }
      if (CONFIGURATION.contains(inside) || inside.endsWith(INDEX)) {
        likely.add(all.get(name));
      }
    }
    for (String name : weights) {
      boolean only = indexes.isEmpty() && weights.size() == 1;
      if (only || indexes.size() == 1 && isShard(name, indexes.get(0))) {
        likely.add(all.get(name));
      }
    }
    return likely;
  }

  private static boolean isShard(String name, String stem) {
    return name.startsWith(stem) && SHARD.matcher(name.substring(stem.length())).matches();
  }

  @Override
  public synchronized Optional<String> commit() {
    files();
    return Optional.of(commit);
  }

  @Override
  public Optional<HubName> hubName() {
    return Optional.of(name);
  }

  private void list() {
    if (client.options().offline()) {
      throw new CheckpointNotFoundException(
          QuotedName.of(display())
              + " is not in the local cache, and HF_HUB_OFFLINE says not to ask the Hub.");
    }
    JsonNode answer = ask();
    String sha = answer.path("sha").asText("");
    if (!HubName.isCommit(sha)) {
      throw new RemoteException(
          "The Hub's answer about " + QuotedName.of(display()) + " names no commit.");
    }
    for (JsonNode sibling : answer.path("siblings")) {
      String file = sibling.path("rfilename").asText("");
      if (!FileNames.isInside(file)) {
        throw new RemoteException(
            "The Hub lists "
                + QuotedName.of(file)
                + " in "
                + QuotedName.of(display())
                + ", which is not the name of a file inside it.");
      }
      files.put(file, new RemoteFile(client, address(sha, file), display() + "/" + file));
      if (sibling.path("size").isIntegralNumber()) {
        sizes.put(file, sibling.path("size").longValue());
      }
    }
    commit = sha;
  }

  private JsonNode ask() {
    try {
      FileStart start = listing.start();
      ByteBuffer json = ByteBuffer.allocate(Math.toIntExact(start.size()));
      start.copy(0, json);
      return new ObjectMapper().readTree(json.array());
    } catch (NoSuchFileException e) {
      throw new CheckpointNotFoundException(
          "The Hub has no model or revision " + QuotedName.of(display()) + ".", e);
    } catch (JsonProcessingException e) {
      throw new RemoteException(
          "The Hub's answer about "
              + QuotedName.of(display())
              + " is not JSON; HF_ENDPOINT is perhaps not a Hub.",
          e);
    } catch (IOException e) {
      throw new RemoteException("Cannot ask the Hub about " + QuotedName.of(display()) + ".", e);
    }
  }

  private URI address(String sha, String file) {
    return URI.create(
        client.options().endpoint()
            + "/"
            + name.repository()
            + "/resolve/"
            + sha
            + "/"
            + WebAddress.encode(file));
  }
}
