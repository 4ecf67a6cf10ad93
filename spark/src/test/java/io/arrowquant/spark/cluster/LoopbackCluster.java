package io.arrowquant.spark.cluster;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A standalone Spark cluster on this machine, started as a user starts one: a master and workers
 * that take each other for other hosts (127.0.0.1, 127.0.0.2 ...), each of one core. Their class
 * path is Spark's and nothing else.
 */
final class LoopbackCluster implements AutoCloseable {

  /** The folder that has Spark's {@code bin}. */
  private static final Path SPARK = Path.of(System.getProperty("arrowquant.spark.home"));

  private static final String LOOPBACK = "127.0.0.1";
  private static final int PATIENCE_SECONDS = 60;

  private final Path folder;
  private final int port;
  private final List<Process> daemons = new ArrayList<>();

  /**
   * @param folder for logs and what workers leave
   */
  LoopbackCluster(Path folder, int workers) throws IOException, InterruptedException {
    this.folder = Files.createDirectories(folder);
    this.port = freePort();
    try {
      daemons.add(
          start(
              LOOPBACK,
              "master",
              List.of(
                  "spark-class",
                  "org.apache.spark.deploy.master.Master",
                  "--host",
                  LOOPBACK,
                  "--port",
                  String.valueOf(port),
                  "--webui-port",
                  "0")));
      awaitLine("master", "New state: ALIVE");
      for (int i = 1; i <= workers; i++) {
        String host = "127.0.0." + i;
        daemons.add(
            start(
                host,
                "worker-" + i,
                List.of(
                    "spark-class",
                    "org.apache.spark.deploy.worker.Worker",
                    "--host",
                    host,
                    "--cores",
                    "1",
                    "--memory",
                    "1g",
                    "--webui-port",
                    "0",
                    "--work-dir",
                    folder.resolve("work-" + i).toString(),
                    url())));
      }
      for (int i = 1; i <= workers; i++) {
        awaitLine("worker-" + i, "Successfully registered with master");
      }
    } catch (IOException | InterruptedException | RuntimeException e) {
      close();
      throw e;
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private String url() {
    return "spark://" + LOOPBACK + ":" + port;
  }

  /**
   * Runs {@code spark-submit} on the cluster, with the driver here, and waits for its end.
   *
   * @param words what follows the master on the command line
   * @return what it said
   */
  String submit(List<String> words) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("spark-submit", "--master", url()));
    command.addAll(words);
    Process driver = start(LOOPBACK, "driver", command);
    try {
      if (!driver.waitFor(20, TimeUnit.MINUTES)) {
        throw new IllegalStateException("the driver does not end: " + log("driver"));
      }
      if (driver.exitValue() != 0) {
        throw new IllegalStateException("the driver failed: " + log("driver"));
      }
    } finally {
      driver.destroyForcibly();
    }
    return log("driver");
  }

  /** Processes of executors that run now. */
  private List<ProcessHandle> executors() {
    return daemons.stream().flatMap(daemon -> daemon.toHandle().descendants()).toList();
  }

  private Process start(String host, String name, List<String> words) throws IOException {
    List<String> command = new ArrayList<>(words);
    command.set(0, SPARK.resolve("bin").resolve(words.get(0)).toString());
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.redirectOutput(folder.resolve(name + ".log").toFile());
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    builder.environment().put("SPARK_LOCAL_IP", host);
    builder.environment().put("SPARK_DAEMON_MEMORY", "256m");
    return builder.start();
  }

  private void awaitLine(String name, String line) throws IOException, InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (!log(name).contains(line)) {
      if (System.nanoTime() > end) {
        throw new IllegalStateException(name + " does not start: " + log(name));
      }
      Thread.sleep(50);
    }
  }

  private String log(String name) throws IOException {
    return Files.readString(folder.resolve(name + ".log"));
  }

  @Override
  public void close() {
    List<ProcessHandle> all = new ArrayList<>(executors());
    daemons.forEach(daemon -> all.add(daemon.toHandle()));
    all.forEach(ProcessHandle::destroyForcibly);
    all.forEach(process -> process.onExit().join());
  }
}
