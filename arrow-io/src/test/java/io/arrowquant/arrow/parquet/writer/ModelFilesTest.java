package io.arrowquant.arrow.parquet.writer;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Locale;
import org.junit.jupiter.api.Test;

class ModelFilesTest {

  /** The same model has the same files wherever it is made. */
  @Test
  void namesHaveTheSameDigitsEverywhere() {
    Locale before = Locale.getDefault();
    try {
      Locale.setDefault(Locale.forLanguageTag("ar-EG-u-nu-arab"));
      assertEquals("weights/part-00007.parquet", ModelFiles.partName(7));
    } finally {
      Locale.setDefault(before);
    }
  }
}
