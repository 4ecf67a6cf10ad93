package io.arrowquant.quantize.kernel;

/**
 * Whether the Vector API can be used: its module is asked for when the JVM is started, with {@code
 * --add-modules jdk.incubator.vector}. Classes that need it are loaded only if it is there.
 */
final class VectorApi {

  /** Present, and with vectors of at least eight floats. */
  static final boolean USABLE = present() && wide();

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
