package io.arrowquant.arrow.parquet;

import java.util.Base64;
import org.apache.arrow.vector.types.pojo.Schema;

/** The key-value metadata in the footer of every file of a model. */
final class FooterKeys {

  static final String FORMAT = "arrowquant.format";
  static final String FORMAT_VERSION = "arrowquant.format.version";
  static final String VERSION = "arrowquant.version";
  static final String CONFIG = "arrowquant.config";
  static final String SOURCE = "arrowquant.source";
  static final String ARROW_SCHEMA = "ARROW:schema";

  private FooterKeys() {}

  /** What Arrow readers take as the schema: the IPC schema message in Base64. */
  static String arrowSchema(Schema schema) {
    return Base64.getEncoder().encodeToString(schema.serializeAsMessage());
  }
}
