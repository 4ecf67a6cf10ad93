package io.arrowquant.benchmarks;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.arrowquant.cli.text.Json;
import io.arrowquant.cli.text.Quantity;
import java.io.IOException;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** What the figures were measured on. */
record Machine(String jdk, String gc, String cpu, int processors, String system, long heapLimit) {

  static Machine current() {
    List<String> collectors =
        ManagementFactory.getGarbageCollectorMXBeans().stream()
            .map(GarbageCollectorMXBean::getName)
            .toList();
    return new Machine(
        System.getProperty("java.vm.name") + " " + Runtime.version(),
        String.join(", ", collectors),
        cpuName(),
        Runtime.getRuntime().availableProcessors(),
        System.getProperty("os.name")
            + " "
            + System.getProperty("os.version")
            + " "
            + System.getProperty("os.arch"),
        Runtime.getRuntime().maxMemory());
  }

  /** Runnable processes of late, on all processors; negative where unknown. */
  static double loadAverage() {
    return ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
  }

  private static String cpuName() {
    Path info = Path.of("/proc/cpuinfo");
    try {
      if (Files.isReadable(info)) {
        return Files.readAllLines(info).stream()
            .filter(line -> line.startsWith("model name"))
            .map(line -> line.substring(line.indexOf(':') + 1).strip())
            .findFirst()
            .orElse("unknown");
      }
    } catch (IOException e) {
      // The name is a courtesy.
    }
    return "unknown";
  }

  String line() {
    return String.format(
        Locale.ROOT,
        "%s; %s, %d processors; %s; heap up to %s (%s)",
        jdk,
        cpu,
        processors,
        system,
        Quantity.bytes(heapLimit),
        gc);
  }

  ObjectNode json() {
    return Json.object()
        .put("jdk", jdk)
        .put("garbage_collector", gc)
        .put("cpu", cpu)
        .put("processors", processors)
        .put("system", system)
        .put("heap_limit_bytes", heapLimit);
  }
}
