package io.arrowquant.arrow.parquet;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Base64;
import java.util.List;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.Schema;
import org.apache.parquet.arrow.schema.SchemaConverter;
import org.apache.parquet.schema.MessageType;
import org.junit.jupiter.api.Test;

/** parquet-arrow makes of our Parquet schemas the Arrow schemas that they came from. */
class SchemaRoundTripTest {

  @Test
  void weights() {
    assertConverted(WeightsSchema.ARROW, WeightsSchema.PARQUET);
  }

  @Test
  void layers() {
    assertConverted(LayersSchema.ARROW, LayersSchema.PARQUET);
  }

  private static void assertConverted(Schema arrow, MessageType parquet) {
    Schema back = new SchemaConverter().fromParquet(parquet).getArrowSchema();
    assertFields(arrow.getFields(), back.getFields());
  }

  /** The converter calls the inside of a list by another name, and list elements never required. */
  private static void assertFields(List<Field> expected, List<Field> actual) {
    assertEquals(expected.size(), actual.size());
    for (int i = 0; i < expected.size(); i++) {
      assertEquals(expected.get(i).getType(), actual.get(i).getType(), expected.get(i).getName());
      assertFields(expected.get(i).getChildren(), actual.get(i).getChildren());
    }
  }

  @Test
  void theFooterHoldsTheArrowSchemaEvenWhereTheThreadIsInterrupted() {
    String expected = Base64.getEncoder().encodeToString(WeightsSchema.ARROW.serializeAsMessage());
    Thread.currentThread().interrupt();
    try {
      assertEquals(expected, FooterKeys.arrowSchema(WeightsSchema.ARROW));
    } finally {
      Thread.interrupted();
    }
  }
}
