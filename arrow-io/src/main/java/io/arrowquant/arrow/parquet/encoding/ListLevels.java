package io.arrowquant.arrow.parquet.encoding;

/**
 * Repetition and definition levels of one page of a list column, where every row has a list that is
 * not empty and no element is null.
 */
public final class ListLevels {

  /**
   * Definition level of an element that is there: the list is there, an entry is, it is not null.
   */
  private static final int PRESENT = 2;

  private final HybridRuns repetition = new HybridRuns(1);
  private int rows;

  /** The next row has a list of this many elements. */
  public void addRow(int elements) {
    if (elements < 1) {
      throw new IllegalArgumentException("a stored list is never empty");
    }
    repetition.add(0, 1);
    repetition.add(1, elements - 1);
    rows++;
  }

  public int rows() {
    return rows;
  }

  public int values() {
    return repetition.total();
  }

  public byte[] repetitionLevels() {
    return repetition.encode();
  }

  public byte[] definitionLevels() {
    HybridRuns definition = new HybridRuns(2);
    definition.add(PRESENT, values());
    return definition.encode();
  }
}
