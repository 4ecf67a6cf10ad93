package io.arrowquant.spark.cluster;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A standalone Spark cluster on this machine: a master, workers that take each other for other
 * hosts (127.0.0.1, 127.0.0.2 ...), each of one core, all with this JVM's class path.
 */
final class LoopbackCluster implements AutoCloseable {

  private static final String LOOPBACK = "127.0.0.1";
  private static final int PATIENCE_SECONDS = 60;

  private final Path folder;
  private final int port;
  private final List<Process> daemons = new ArrayList<>();

  /**
   * @param folder for logs and what workers leave
   */
  LoopbackCluster(Path folder, int workers) throws IOException, InterruptedException {
    this.folder = folder;
    Files.createDirectories(folder.resolve("home/jars"));
    this.port = freePort();
    try {
      daemons.add(
          start(
              LOOPBACK,
              "master",
              "-Xmx256m",
              "org.apache.spark.deploy.master.Master",
              "--host",
              LOOPBACK,
              "--port",
              String.valueOf(port),
              "--webui-port",
              "0"));
      awaitLine("master", "New state: ALIVE");
      for (int i = 1; i <= workers; i++) {
        String host = "127.0.0." + i;
        daemons.add(
            start(
                host,
                "worker-" + i,
                "-Xmx256m",
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
                url()));
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
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName(LOOPBACK))) {
      return socket.getLocalPort();
    }
  }

  String url() {
    return "spark://" + LOOPBACK + ":" + port;
  }

  /**
   * Runs {@code spark-submit}, with the driver here, and waits for its end.
   *
   * @return what it said
   */
  String submit(String mainClass, Map<String, String> settings, List<String> arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add("-Xmx512m");
    command.add("org.apache.spark.deploy.SparkSubmit");
    command.addAll(List.of("--master", url(), "--class", mainClass));
    settings.forEach((key, value) -> command.addAll(List.of("--conf", key + "=" + value)));
    command.add("spark-internal"); // the class path has it all
    command.addAll(arguments);
    Process driver = start(LOOPBACK, "driver", command.toArray(String[]::new));
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

  private Process start(String host, String name, String... words) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(openings());
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(List.of(words));
    Path log = folder.resolve(name + ".log");
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.redirectOutput(log.toFile());
    builder.environment().put("SPARK_HOME", folder.resolve("home").toString());
    builder.environment().put("SPARK_LOCAL_IP", host);
    builder.environment().put("SPARK_SCALA_VERSION", "2.13");
    return builder.start();
  }

  /** What this JVM was told to open, since Spark's own launcher is not there to say it. */
  private static List<String> openings() {
    return java.lang.management.ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(word -> word.startsWith("--add-opens"))
        .toList();
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
