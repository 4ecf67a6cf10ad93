package io.arrowquant.quantize.multiply;

import io.arrowquant.arrow.parquet.LayerRecord;
import io.arrowquant.arrow.parquet.PageLayout;
import io.arrowquant.arrow.parquet.reader.ModelReader;
import io.arrowquant.arrow.parquet.reader.StoredRowGroup;
import io.arrowquant.core.QuotedName;
import io.arrowquant.quantize.kernel.PackedStrip;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;
import org.apache.arrow.util.AutoCloseables;

/**
 * A quantized layer, held open to be multiplied with vectors: its codes stay packed in the mapped
 * pages, and on the heap are scales and zero points, 8 bytes a group. Safe for use by many threads;
 * valid while the model is open. What was checked once is not checked again.
 *
 * <p>Products are float32 and differ from those in exact arithmetic by at most {@code 2^-17 * sum
 * over j of scale * 2^bits * |x[j]|}, for elements of x that are zero or at least 2^-90 and at most
 * 2^100; the same call gives the same bits, whatever the number of threads and whether the JVM has
 * the Vector API.
 */
public final class PackedMatrix implements AutoCloseable {

  /** Scratch arrays, and what was learnt of the kernels, for the next product. */
  private static final Queue<RowProducts> IDLE = new ConcurrentLinkedQueue<>();

  private final LayerRecord layer;
  private final float[] equalization;
  private final List<StoredRowGroup> rowGroups = new ArrayList<>();
  private final List<PackedStrip> strips = new ArrayList<>();
  private final List<RowShape> shapes = new ArrayList<>();

  private volatile boolean closed;

  private PackedMatrix(LayerRecord layer) {
    this.layer = layer;
    this.equalization = layer.spatial() == null ? null : layer.spatial().scales();
  }

  /**
   * Opens a layer.
   *
   * @throws IllegalStateException if the layer is kept
   * @throws io.arrowquant.core.InvalidModelException if rows are missing or come twice, or a page
   *     is damaged
   */
  public static PackedMatrix open(ModelReader reader, LayerRecord layer) {
    if (layer.quantization() == null) {
      throw new IllegalStateException(
          QuotedName.of(layer.name()) + " is kept (" + layer.keptReason() + "), not quantized");
    }
    PackedMatrix matrix = new PackedMatrix(layer);
    try {
      for (ModelReader.RowGroup rowGroup : reader.rowGroupsOf(layer)) {
        PageLayout layout = rowGroup.layout();
        StoredRowGroup rows = reader.quantized(rowGroup.ref(), layout);
        matrix.rowGroups.add(rows);
        for (int r = 0; r < layout.runs().size(); r++) {
          if (layout.runs().get(r).layerId() == layer.layerId()) {
            matrix.strips.addAll(PackedStrip.of(rows, r));
          }
        }
      }
      for (PackedStrip strip : matrix.strips) {
        if (matrix.shapes.stream().noneMatch(shape -> shape.fits(strip))) {
          matrix.shapes.add(new RowShape(strip));
        }
      }
      return matrix;
    } catch (RuntimeException | Error e) {
      matrix.close();
      throw e;
    }
  }

  /** Rows of the matrix: outputs. */
  public int rows() {
    return Math.toIntExact(layer.rows());
  }

  /** Columns of the matrix: inputs. */
  public int columns() {
    return Math.toIntExact(layer.columns());
  }

  /** One vector on the calling thread: {@code y = W x}. */
  public void multiply(float[] x, float[] y) {
    multiply(x, 1, y, 1);
  }

  /**
   * Several vectors at once: each row is read from memory once for all.
   *
   * @param x vectors of {@link #columns()} elements, one after the other
   * @param vectors how many, at least 1
   * @param y takes the products, of {@link #rows()} elements each, one after the other
   * @param threads parts that the rows are cut into; more than one run in the common pool
   * @throws IllegalArgumentException if an array is not of the length that this takes
   * @throws IllegalStateException if this is closed
   */
  public void multiply(float[] x, int vectors, float[] y, int threads) {
    if (closed) {
      throw new IllegalStateException("matrix " + QuotedName.of(layer.name()) + " is closed");
    }
    check("x", x.length, vectors, columns());
    check("y", y.length, vectors, rows());
    List<Operand> operands = new ArrayList<>();
    for (RowShape shape : shapes) {
      operands.add(new Operand(shape, x, columns(), vectors, equalization));
    }
    int parts = Math.max(1, Math.min(threads, rows()));
    IntStream all = IntStream.range(0, parts);
    (parts == 1 ? all : all.parallel())
        .forEach(
            part ->
                multiplyRows(
                    operands,
                    vectors,
                    y,
                    (int) ((long) rows() * part / parts),
                    (int) ((long) rows() * (part + 1) / parts)));
  }

  private void multiplyRows(List<Operand> operands, int vectors, float[] y, int from, int to) {
    double[] sums = new double[(to - from) * vectors];
    RowProducts products = IDLE.poll();
    if (products == null) {
      products = new RowProducts();
    }
    for (PackedStrip strip : strips) {
      int first = (int) Math.max(from, strip.firstRow());
      int end = (int) Math.min(to, strip.firstRow() + strip.rowCount());
      if (first < end) {
        Operand operand =
            operands.stream().filter(each -> each.shape().fits(strip)).findFirst().orElseThrow();
        int before = (int) strip.firstRow();
        int at = (first - from) * vectors;
        products.add(strip, first - before, end - before, operand, sums, at);
      }
    }
    IDLE.add(products);
    for (int row = from; row < to; row++) {
      for (int v = 0; v < vectors; v++) {
        y[v * rows() + row] = (float) sums[(row - from) * vectors + v];
      }
    }
  }

  private void check(String what, int length, int vectors, int each) {
    if (vectors < 1 || length != (long) vectors * each) {
      throw new IllegalArgumentException(
          "%s of %s has %d elements for %d vectors, and %d each are expected"
              .formatted(what, QuotedName.of(layer.name()), length, vectors, each));
    }
  }

  /** Gives the layer's pages back; no product may be under way. */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      AutoCloseables.closeNoChecked(() -> AutoCloseables.close(rowGroups));
    }
  }
}
