package io.arrowquant.quantize.multiply;

import io.arrowquant.quantize.kernel.PackedStrip;

/**
 * How the codes of a row fall into its little-endian 32-bit integers. An integer is a few fields,
 * each a code or the part of a code that the integer has of it. A field is never shifted down: what
 * it is multiplied with is divided by the power of two of its position instead, exactly.
 *
 * <p>The top bit of every integer is flipped before its fields are taken, since integers have a
 * sign: its top field then counts 2^31 too little, whatever the code.
 *
 * <p>A row is done in blocks of integers that all begin with a whole code.
 */
final class RowShape {

  /** Integers of a block, a multiple of 3 and 5, after which codes begin anew, and of a vector. */
  static final int BLOCK = 480;

  /** Sums that integers are added to in turn; a block is filled up to a multiple of them. */
  static final int LANES = 16;

  private final int bits;
  private final long firstColumn;
  private final int columns;
  private final int groupSize;
  private final int fields;
  private final int[] masks;
  private final float[] factors;
  private final int[][] groups;

  RowShape(PackedStrip strip) {
    bits = strip.bits();
    firstColumn = strip.firstColumn();
    columns = strip.columns();
    groupSize = strip.groupSize();
    fields = mostFields();
    masks = masks();
    factors = factors();
    groups = groups();
  }

  boolean fits(PackedStrip strip) {
    return strip.firstColumn() == firstColumn
        && strip.columns() == columns
        && strip.groupSize() == groupSize;
  }

  int bits() {
    return bits;
  }

  long firstColumn() {
    return firstColumn;
  }

  int columns() {
    return columns;
  }

  int groupSize() {
    return groupSize;
  }

  int groupsPerRow() {
    return (columns + groupSize - 1) / groupSize;
  }

  /** Integers of a row, its last one whole. */
  int ints() {
    return Math.toIntExact(((long) columns * bits + Integer.SIZE - 1) / Integer.SIZE);
  }

  int blocks() {
    return (ints() + BLOCK - 1) / BLOCK;
  }

  /** Integers of a block, as many as whole {@link #LANES} have. */
  int blockLength(int block) {
    int length = Math.min(BLOCK, ints() - block * BLOCK);
    return (length + LANES - 1) / LANES * LANES;
  }

  /** Most fields of an integer. */
  int fields() {
    return fields;
  }

  /** Integers after which codes lie in them as before, as many as whole {@link #LANES} have. */
  int period() {
    return bits / Integer.lowestOneBit(bits) * LANES;
  }

  /**
   * The bits of field {@code f} of integer {@code i} of any block, at {@code f * BLOCK + i}; none
   * where it has no such field.
   */
  int[] fieldMasks() {
    return masks;
  }

  /** What that field is to be multiplied with to count as the part of a code that it is. */
  float[] fieldFactors() {
    return factors;
  }

  /** The code that the first field of an integer of the row is of. */
  int firstCode(int integer) {
    return (int) ((long) integer * Integer.SIZE / bits);
  }

  /** Most scale groups that an integer has codes of: it has a sum for each. */
  int parts() {
    return groups.length;
  }

  /**
   * The scale group of each integer's sum, groups taking their turn at the sums by their numbers;
   * any of its groups where there is none left.
   */
  int[] groups(int part) {
    return groups[part];
  }

  private int mostFields() {
    int most = 0;
    for (int i = 0; i < BLOCK; i++) {
      most = Math.max(most, ((i + 1) * Integer.SIZE - 1) / bits - firstCode(i) + 1);
    }
    return most;
  }

  private int[] masks() {
    int[] masks = new int[fields * BLOCK];
    for (int f = 0; f < fields; f++) {
      for (int i = 0; i < BLOCK; i++) {
        int shift = shift(i, f);
        long mask = (1L << bits) - 1;
        masks[f * BLOCK + i] =
            shift >= Integer.SIZE ? 0 : (int) (shift < 0 ? mask >>> -shift : mask << shift);
      }
    }
    return masks;
  }

  private float[] factors() {
    float[] factors = new float[fields * BLOCK];
    for (int f = 0; f < fields; f++) {
      for (int i = 0; i < BLOCK; i++) {
        factors[f * BLOCK + i] = Math.scalb(1f, -shift(i, f));
      }
    }
    return factors;
  }

  /** Where a code begins in an integer of a block; negative if it does so in the one before. */
  private int shift(int integer, int field) {
    return (firstCode(integer) + field) * bits - integer * Integer.SIZE;
  }

  private int[][] groups() {
    int[] lows = new int[blocks() * BLOCK];
    int[] highs = new int[lows.length];
    int parts = 1;
    int last = columns - 1;
    for (int i = 0; i < lows.length; i++) {
      long start = (long) i * Integer.SIZE;
      lows[i] = (int) Math.min(last, start / bits) / groupSize;
      highs[i] = (int) Math.min(last, (start + Integer.SIZE - 1) / bits) / groupSize;
      parts = Math.max(parts, highs[i] - lows[i] + 1);
    }
    int[][] groups = new int[parts][lows.length];
    for (int part = 0; part < parts; part++) {
      for (int i = 0; i < lows.length; i++) {
        int group = lows[i] + Math.floorMod(part - lows[i], parts);
        groups[part][i] = group > highs[i] ? lows[i] : group;
      }
    }
    return groups;
  }
}
