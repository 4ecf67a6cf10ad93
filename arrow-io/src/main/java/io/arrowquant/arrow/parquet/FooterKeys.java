package io.arrowquant.arrow.parquet;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.Base64;
import org.apache.arrow.vector.ipc.WriteChannel;
import org.apache.arrow.vector.ipc.message.MessageSerializer;
import org.apache.arrow.vector.types.pojo.Schema;

/** The key-value metadata in the footer of every file of a model. */
public final class FooterKeys {

  /** {@link Manifest#FORMAT}. */
  public static final String FORMAT = "arrowquant.format";

  /** {@link Manifest#FORMAT_VERSION}. */
  public static final String FORMAT_VERSION = "arrowquant.format.version";

  /** The version of ArrowQuant that wrote it. */
  public static final String VERSION = "arrowquant.version";

  /** The settings, JSON. */
  public static final String CONFIG = "arrowquant.config";

  /** The files that it was made from, JSON. */
  public static final String SOURCE = "arrowquant.source";

  /** The Arrow schema, in Base64, as Arrow's own readers look for it. */
  public static final String ARROW_SCHEMA = "ARROW:schema";

  private FooterKeys() {}

  /** What Arrow readers take as the schema: the IPC schema message in Base64. */
  public static String arrowSchema(Schema schema) {
    Message message = new Message();
    try {
      MessageSerializer.serialize(new WriteChannel(message), schema);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return Base64.getEncoder().encodeToString(message.bytes.toByteArray());
  }

  /** Unlike the channels of the JDK, this one does not fail where the thread is interrupted. */
  private static final class Message implements WritableByteChannel {

    final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    @Override
    public int write(ByteBuffer source) {
      byte[] taken = new byte[source.remaining()];
      source.get(taken);
      bytes.writeBytes(taken);
      return taken.length;
    }

    @Override
    public boolean isOpen() {
      return true;
    }

    @Override
    public void close() {}
  }
}
