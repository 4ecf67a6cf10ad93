package io.arrowquant.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/** One timed run of a task; what the task does outside {@link #time} is not counted. */
final class Lap {

  /** What is timed. */
  @FunctionalInterface
  interface Timed {
    /**
     * @return the most bytes that its Arrow buffers held at one time
     */
    long run() throws Exception;
  }

  private static final OperatingSystemMXBean PROCESS =
      ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

  private double seconds;
  private double cpuSeconds;
  private Memory memory;

  /** Runs, times and watches; once per lap. */
  void time(Timed timed) throws Exception {
    MemoryWatch watch = new MemoryWatch();
    long cpu = PROCESS.getProcessCpuTime();
    long start = System.nanoTime();
    long offHeap = timed.run();
    seconds = (System.nanoTime() - start) / 1e9;
    cpuSeconds = (PROCESS.getProcessCpuTime() - cpu) / 1e9;
    memory = watch.stop(offHeap);
  }

  /** Takes over what another process measured. */
  void took(double wallSeconds, double processorSeconds, Memory most) {
    seconds = wallSeconds;
    cpuSeconds = processorSeconds;
    memory = most;
  }

  double seconds() {
    return seconds;
  }

  /** Of all threads of the process, JIT compiler and collector included. */
  double cpuSeconds() {
    return cpuSeconds;
  }

  Memory memory() {
    return memory;
  }
}
