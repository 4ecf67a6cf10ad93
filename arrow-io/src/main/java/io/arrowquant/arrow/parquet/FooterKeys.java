package io.arrowquant.arrow.parquet;

import java.util.Base64;
import org.apache.arrow.vector.types.pojo.Schema;

/** The key-value metadata in the footer of every file of a model. */
public final class FooterKeys {

  public static final String FORMAT = "arrowquant.format";
  public static final String FORMAT_VERSION = "arrowquant.format.version";
  public static final String VERSION = "arrowquant.version";
  public static final String CONFIG = "arrowquant.config";
  public static final String SOURCE = "arrowquant.source";
  public static final String ARROW_SCHEMA = "ARROW:schema";

  private FooterKeys() {}

  /** What Arrow readers take as the schema: the IPC schema message in Base64. */
  public static String arrowSchema(Schema schema) {
    return Base64.getEncoder().encodeToString(schema.serializeAsMessage());
  }
}
