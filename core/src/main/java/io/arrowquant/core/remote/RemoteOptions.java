package io.arrowquant.core.remote;

import io.arrowquant.core.InvalidConfigException;
import io.arrowquant.core.QuotedName;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * How servers are talked to.
 *
 * @param endpoint of the Hub
 * @param token for the Hub, sent to the endpoint's own origin alone
 * @param offline whether the Hub is not to be asked
 * @param retry how failures are borne
 * @param stall how long an answer, or the next bytes of it, may take to come
 * @param networks tells hosts on private networks
 */
public record RemoteOptions(
    URI endpoint,
    Optional<String> token,
    boolean offline,
    RetryPolicy retry,
    Duration stall,
    PrivateNetworks networks) {

  private static final Set<String> TRUE = Set.of("1", "on", "yes", "true");
  private static final String HUB = "https://huggingface.co";

  /**
   * What the variables of huggingface_hub say: HF_ENDPOINT, HF_TOKEN, HF_TOKEN_PATH, HF_HOME,
   * HF_HUB_OFFLINE.
   *
   * @throws InvalidConfigException if HF_ENDPOINT is no address
   */
  public static RemoteOptions of(Map<String, String> environment, Path home) {
    return new RemoteOptions(
        endpoint(environment.getOrDefault("HF_ENDPOINT", "")),
        token(environment, home),
        TRUE.contains(environment.getOrDefault("HF_HUB_OFFLINE", "").toLowerCase(Locale.ROOT)),
        RetryPolicy.DEFAULT,
        Duration.ofSeconds(30),
        PrivateNetworks.SYSTEM);
  }

  /** Of this process. */
  public static RemoteOptions ofProcess() {
    return of(System.getenv(), Path.of(System.getProperty("user.home")));
  }

  public RemoteOptions withRetry(RetryPolicy policy) {
    return new RemoteOptions(endpoint, token, offline, policy, stall, networks);
  }

  public RemoteOptions withStall(Duration longest) {
    return new RemoteOptions(endpoint, token, offline, retry, longest, networks);
  }

  RemoteOptions withNetworks(PrivateNetworks rule) {
    return new RemoteOptions(endpoint, token, offline, retry, stall, rule);
  }

  private static URI endpoint(String given) {
    String address = given.isBlank() ? HUB : given.strip();
    while (address.endsWith("/")) {
      address = address.substring(0, address.length() - 1);
    }
    return WebAddress.parse(address)
        .orElseThrow(
            () ->
                new InvalidConfigException(
                    "HF_ENDPOINT is not an address that starts with https:// or http://."));
  }

  private static Optional<String> token(Map<String, String> environment, Path home) {
    Optional<String> given = clean(environment.getOrDefault("HF_TOKEN", ""));
    if (given.isPresent()) {
      return given;
    }
    Path file = tokenFile(environment, home);
    try {
      return Files.isRegularFile(file) && Files.size(file) < 4096
          ? clean(Files.readString(file))
          : Optional.empty();
    } catch (IOException e) {
      throw new InvalidConfigException("Cannot read the token in " + QuotedName.of(file) + ".", e);
    }
  }

  private static Path tokenFile(Map<String, String> environment, Path home) {
    String path = environment.getOrDefault("HF_TOKEN_PATH", "");
    return path.isEmpty() ? HuggingFaceHome.of(environment, home).resolve("token") : Path.of(path);
  }

  /** Tokens are printable ASCII; anything else could end a header and begin another. */
  private static Optional<String> clean(String token) {
    String stripped = token.strip();
    if (stripped.isEmpty()) {
      return Optional.empty();
    }
    if (!stripped.chars().allMatch(c -> c > ' ' && c < 127)) {
      throw new InvalidConfigException("The Hugging Face token holds characters that none has.");
    }
    return Optional.of(stripped);
  }

  /** Never shows the token. */
  @Override
  public String toString() {
    return "RemoteOptions[endpoint=" + WebAddress.display(endpoint) + ", offline=" + offline + "]";
  }
}
