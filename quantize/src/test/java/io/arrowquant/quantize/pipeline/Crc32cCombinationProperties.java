package io.arrowquant.quantize.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.zip.CRC32C;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

class Crc32cCombinationProperties {

  @Property
  void equalsTheChecksumOfBothTogether(@ForAll byte[] first, @ForAll byte[] second) {
    CRC32C whole = new CRC32C();
    whole.update(first);
    int firstCrc = (int) whole.getValue();
    whole.update(second);
    CRC32C rest = new CRC32C();
    rest.update(second);
    assertEquals(
        (int) whole.getValue(),
        Crc32cCombination.combine(firstCrc, (int) rest.getValue(), second.length));
  }
}
