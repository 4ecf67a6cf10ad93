package io.arrowquant.cli.command;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.arrowquant.cli.text.Quantity;
import io.arrowquant.core.Progress;
import io.arrowquant.core.remote.RemotePath;
import io.arrowquant.core.remote.Traffic;
import java.io.PrintWriter;
import java.nio.file.Path;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** A model that may be on a server: how it is read, and what that took. */
final class RemoteSource {

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--download",
      description =
          "Fetch the files of an address whole to a temporary folder first, for servers without"
              + " ranges; deleted in the end.")
  private boolean download;

  /** The path as it is to be read. */
  Path of(Path given) {
    if (!download) {
      return given;
    }
    if (given instanceof RemotePath remote) {
      return remote.downloading(Path.of(System.getProperty("java.io.tmpdir")));
    }
    throw new ParameterException(
        spec.commandLine(), "--download is for addresses (https:// or hf://); the model is local.");
  }

  /** Deletes what was downloaded. */
  static void clean(Path source) {
    if (source instanceof RemotePath remote) {
      remote.deleteCopies();
    }
  }

  /** {@code 3 requests, 77 kB fetched}, where the model is on a server. */
  static void print(Path source, PrintWriter out) {
    if (source instanceof RemotePath remote) {
      Traffic traffic = remote.traffic();
      long retries = traffic.retries();
      out.println(
          traffic.requests()
              + (traffic.requests() == 1 ? " request, " : " requests, ")
              + Quantity.bytes(traffic.bytes())
              + " fetched"
              + (retries == 0 ? "" : ", " + retries + (retries == 1 ? " retry" : " retries")));
    }
  }

  /** The same for programs. */
  static void describe(Path source, ObjectNode json) {
    if (source instanceof RemotePath remote) {
      ObjectNode network = json.putObject("network");
      network.put("requests", remote.traffic().requests());
      network.put("bytes", remote.traffic().bytes());
      network.put("retries", remote.traffic().retries());
    }
  }

  /** Puts the network's rate before what is being done. */
  static Progress withRate(Path source, Progress progress) {
    if (!(source instanceof RemotePath remote)) {
      return progress;
    }
    long start = System.nanoTime();
    long before = remote.traffic().bytes();
    return (current, total, message) -> {
      double seconds = Math.max(1e-3, (System.nanoTime() - start) / 1e9);
      double rate = (remote.traffic().bytes() - before) / seconds;
      progress.onProgress(current, total, "network " + Quantity.bytes(rate) + "/s, " + message);
    };
  }
}
