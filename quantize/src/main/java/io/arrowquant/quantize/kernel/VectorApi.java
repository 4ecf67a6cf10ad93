package io.arrowquant.quantize.kernel;

/**
 * Whether the Vector API can be used: its module is asked for when the JVM is started, with {@code
 * --add-modules jdk.incubator.vector}. Classes that need it are loaded only if it is there.
 */
public final class VectorApi {

  /**
   * Present, and with vectors of at least eight floats. Work begins with plain loops all the same,
   * and goes over once the JIT compiler has made those in the Vector API faster.
   */
  public static final boolean USABLE = present() && wide();

  private VectorApi() {}

  private static boolean present() {
    return ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();
  }

  private static boolean wide() {
    try {
      return VectorOctets.LANES >= 8 && VectorRange.LANES >= 16;
    } catch (LinkageError e) {
      // A module of a JDK in which it has changed.
      return false;
    }
  }
}
