package io.arrowquant.quantize.plan;

import io.arrowquant.core.config.DiffusionQuantConfig;
import io.arrowquant.core.config.Method;
import io.arrowquant.core.config.Origin;
import java.io.Serializable;
import java.util.Optional;
import java.util.OptionalInt;

/** What is to become of a tensor. */
public sealed interface Treatment extends Serializable {

  /**
   * Quantized.
   *
   * @param bitWidth 2, 3, 4, 5, 6 or 8
   * @param groupSize columns that share a scale
   * @param method how scales are found; {@code rate} is {@code best} at 8 bits
   * @param pinned whether the width is settled for this tensor, so that no budget changes it
   */
  record Quantize(int bitWidth, int groupSize, Method method, boolean pinned) implements Treatment {

    /** Few levels serve small groups well at every width, so that these take half a bit more. */
    private static final int SMALL_GROUP_SIZE = 16;

    public Quantize {
      // Codes of 8 bits, compressed to no less than 8 bits, would have no finer steps.
      method = method == Method.RATE && bitWidth == 8 ? Method.BEST : method;
    }

    public Quantize(int bitWidth, int groupSize, Method method) {
      this(bitWidth, groupSize, method, false);
    }

    /** The same, settled. */
    Quantize pin() {
      return new Quantize(bitWidth, groupSize, method, true);
    }

    /**
     * A width by the settings: what the user says of method and group size is taken as it is; else
     * 2 bits are searched for, and a method has a group size of its own.
     */
    public static Quantize of(DiffusionQuantConfig config, int bitWidth) {
      return of(config, bitWidth, false);
    }

    /** The same for a tensor whose errors count by calibration, where {@code weighted}. */
    public static Quantize of(DiffusionQuantConfig config, int bitWidth, boolean weighted) {
      return of(config, bitWidth, OptionalInt.empty(), Optional.empty(), weighted);
    }

    /**
     * The same for a tensor of which more is said.
     *
     * @param weighted whether errors count by calibration, which only a search can heed
     */
    static Quantize of(
        DiffusionQuantConfig config,
        int bitWidth,
        OptionalInt groupSize,
        Optional<Method> saidMethod,
        boolean weighted) {
      boolean search = (bitWidth == 2 || weighted) && config.origin("method") == Origin.BUILT_IN;
      Method method = saidMethod.orElse(search ? Method.BEST : config.method());
      return new Quantize(bitWidth, groupSize.orElseGet(() -> groupSize(config, method)), method);
    }

    private static int groupSize(DiffusionQuantConfig config, Method method) {
      return config.origin("group_size").isSaid()
          ? config.groupSize()
          : switch (method) {
            case FAST -> config.groupSize();
            case BEST, RATE -> SMALL_GROUP_SIZE;
          };
    }
  }

  /**
   * Stored bit for bit.
   *
   * @param reason why, in a few words
   */
  record Keep(String reason) implements Treatment {}
}
