package io.arrowquant.quantize.diff;

import io.arrowquant.arrow.tensor.Widening;
import io.arrowquant.core.safetensors.DType;
import io.arrowquant.quantize.plan.WeightScale;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;

/** Stored values times the scales published beside them, as float32. Owns what it reads from. */
final class ScaledCursor implements TensorCursor {

  private static final long CHUNK = 1 << 20;

  private final TensorCursor stored;
  private final WeightScale scale;
  private final long columns;
  private final BufferAllocator memory;
  private final ArrowBuf scales;
  private long position;
  private long left;
  private long count;
  private ArrowBuf piece;

  /**
   * @param stored the weight's values, taken over
   * @param published the scales' values, taken over and closed
   * @param columns of the weight's matrix
   */
  ScaledCursor(
      TensorCursor stored,
      WeightScale scale,
      TensorCursor published,
      long columns,
      BufferAllocator memory) {
    this.stored = stored;
    this.scale = scale;
    this.columns = columns;
    this.memory = memory;
    this.scales = memory.buffer(scale.tensor().elementCount() * Float.BYTES);
    try (published) {
      for (long at = 0; published.next(); at += published.count()) {
        Widening.widen(
            published.dtype(), published.bytes(), scales, at, Math.toIntExact(published.count()));
      }
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  @Override
  public boolean next() {
    closePiece();
    if (left == 0) {
      left = stored.next() ? stored.count() : 0;
    }
    count = Math.min(CHUNK, left);
    if (count == 0) {
      return false;
    }
    int bits = stored.dtype().bits();
    ArrowBuf bytes = stored.bytes().slice((stored.count() - left) * bits / 8, count * bits / 8);
    piece = memory.buffer(count * Float.BYTES);
    Widening.widen(stored.dtype(), bytes, piece, 0, Math.toIntExact(count));
    multiply();
    position += count;
    left -= count;
    return true;
  }

  /** The rest of a row, whole rows, the start of a row. */
  private void multiply() {
    long at = 0;
    while (at < count) {
      long row = (position + at) / columns;
      long column = (position + at) % columns;
      long rows = column == 0 ? Math.max(1, (count - at) / columns) : 1;
      long width = Math.min(columns - column, count - at);
      ArrowBuf part = piece.slice(at * Float.BYTES, rows * width * Float.BYTES);
      scale.multiply(row, column, Math.toIntExact(rows), Math.toIntExact(width), scales, part);
      at += rows * width;
    }
  }

  @Override
  public DType dtype() {
    return DType.F32;
  }

  @Override
  public long count() {
    return count;
  }

  @Override
  public ArrowBuf bytes() {
    return piece;
  }

  private void closePiece() {
    if (piece != null) {
      piece.close();
      piece = null;
    }
  }

  @Override
  public void close() {
    closePiece();
    scales.close();
    stored.close();
  }
}
