package io.arrowquant.core.safetensors;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** SafeTensors files made by hand, right or wrong. */
public final class TestFiles {

  private TestFiles() {}

  /** A file with this header and so many zero bytes of data. */
  public static byte[] file(String header, int dataBytes) {
    return file(header.getBytes(StandardCharsets.UTF_8), dataBytes);
  }

  /** As above, with a header of any bytes. */
  public static byte[] file(byte[] header, int dataBytes) {
    return file(header.length, header, dataBytes);
  }

  /** As above, with a length of any value. */
  public static byte[] file(long claimed, byte[] header, int dataBytes) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(claimed).array());
    out.writeBytes(header);
    out.writeBytes(new byte[dataBytes]);
    return out.toByteArray();
  }

  /** One field of a header; the name stands as it is inside the quotes. */
  public static String tensor(String name, String dtype, String shape, long begin, long end) {
    return "\"%s\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":[%d,%d]}"
        .formatted(name, dtype, shape, begin, end);
  }
}
