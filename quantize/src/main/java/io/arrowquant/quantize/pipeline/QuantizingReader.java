package io.arrowquant.quantize.pipeline;

import io.arrowquant.arrow.parquet.WeightsSchema;
import io.arrowquant.core.InvalidConfigException;
import io.arrowquant.core.QuotedName;
import io.arrowquant.core.checkpoint.CheckpointTensor;
import io.arrowquant.core.config.DiffusionQuantConfig;
import io.arrowquant.core.safetensors.DType;
import io.arrowquant.core.safetensors.TensorInfo;
import io.arrowquant.quantize.plan.QuantizationPlan;
import io.arrowquant.quantize.plan.TensorPlan;
import io.arrowquant.quantize.plan.Treatment;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.BaseIntVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.Float4Vector;
import org.apache.arrow.vector.VectorLoader;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.VectorUnloader;
import org.apache.arrow.vector.complex.BaseListVector;
import org.apache.arrow.vector.complex.FixedSizeListVector;
import org.apache.arrow.vector.complex.ListVector;
import org.apache.arrow.vector.ipc.ArrowReader;
import org.apache.arrow.vector.ipc.message.ArrowRecordBatch;
import org.apache.arrow.vector.types.pojo.Schema;

/**
 * Quantizes a stream of tensors: batches of {@code layer_name, weights: list or fixed-size list of
 * float, shape: list of integers}, a tensor a row, from any producer. Gives for each tensor a batch
 * of rows in {@link WeightsSchema#ARROW}; tensors are numbered as they come, and treated by the
 * rules for checkpoints. Owns the input, which is closed with it.
 */
public final class QuantizingReader extends ArrowReader {

  private final ArrowReader input;
  private final DiffusionQuantConfig config;
  private final LayerQuantizer quantizer;
  private boolean closed;
  private int layerId;
  private int row;
  private int rowsInBatch;

  public QuantizingReader(
      ArrowReader input, DiffusionQuantConfig config, BufferAllocator allocator) {
    super(allocator);
    this.input = input;
    this.config = config;
    this.quantizer = new LayerQuantizer(allocator, config);
  }

  @Override
  public boolean loadNextBatch() throws IOException {
    prepareLoadNextBatch();
    while (row == rowsInBatch) {
      if (!input.loadNextBatch()) {
        return false;
      }
      row = 0;
      rowsInBatch = input.getVectorSchemaRoot().getRowCount();
    }
    try (VectorSchemaRoot rows = quantize(input.getVectorSchemaRoot(), row++);
        ArrowRecordBatch batch = new VectorUnloader(rows).getRecordBatch()) {
      new VectorLoader(getVectorSchemaRoot()).load(batch);
    }
    return true;
  }

  private VectorSchemaRoot quantize(VectorSchemaRoot tensors, int at) {
    String name = column(tensors, "layer_name", FieldVector.class).getObject(at).toString();
    BaseListVector weights = column(tensors, "weights", BaseListVector.class);
    List<Long> shape = shape(column(tensors, "shape", ListVector.class), at);
    int start = weights.getElementStartIndex(at);
    int count = weights.getElementEndIndex(at) - start;
    TensorPlan plan = plan(name, shape, count);
    ArrowBuf values = values(weights).slice(4L * start, 4L * count);
    int rows = Math.toIntExact(plan.rows());
    int columns = Math.toIntExact(plan.columns());
    return plan.treatment() instanceof Treatment.Quantize treatment
        ? quantizer.quantize(layerId++, name, treatment, values, rows, columns)
        : quantizer.keep(layerId++, name, values, rows, columns);
  }

  private TensorPlan plan(String name, List<Long> shape, int count) {
    TensorInfo info = new TensorInfo(name, DType.F32, shape, 0, 4L * count);
    if (shape.stream().anyMatch(dimension -> dimension < 0) || info.elementCount() != count) {
      throw new InvalidConfigException(
          "Tensor "
              + QuotedName.of(name)
              + " has "
              + count
              + " weights; its shape "
              + shape
              + " asks for "
              + info.elementCount()
              + ".");
    }
    return QuantizationPlan.of(new CheckpointTensor(name, info, null), config);
  }

  private static ArrowBuf values(BaseListVector weights) {
    FieldVector child =
        weights instanceof FixedSizeListVector fixed
            ? fixed.getDataVector()
            : ((ListVector) weights).getDataVector();
    if (child instanceof Float4Vector floats) {
      return floats.getDataBuffer();
    }
    throw new InvalidConfigException(
        "The column weights holds " + child.getField().getType() + "; expected float32.");
  }

  private static List<Long> shape(ListVector shapes, int at) {
    BaseIntVector dimensions = (BaseIntVector) shapes.getDataVector();
    List<Long> shape = new ArrayList<>();
    for (int i = shapes.getElementStartIndex(at); i < shapes.getElementEndIndex(at); i++) {
      shape.add(dimensions.getValueAsLong(i));
    }
    return shape;
  }

  private static <T> T column(VectorSchemaRoot root, String name, Class<T> type) {
    FieldVector vector = root.getVector(name);
    if (!type.isInstance(vector)) {
      throw new InvalidConfigException(
          "The stream needs a column "
              + name
              + " of the right type; it has "
              + root.getSchema()
              + ".");
    }
    return type.cast(vector);
  }

  @Override
  public long bytesRead() {
    return input.bytesRead();
  }

  @Override
  protected void closeReadSource() throws IOException {
    // A C stream that was exported closes its reader too, so this may come twice.
    if (!closed) {
      closed = true;
      input.close();
    }
  }

  @Override
  protected Schema readSchema() {
    return WeightsSchema.ARROW;
  }
}
