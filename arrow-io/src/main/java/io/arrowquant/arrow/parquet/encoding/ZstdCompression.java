package io.arrowquant.arrow.parquet.encoding;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import java.io.IOException;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.compression.CompressionCodecFactory.BytesInputCompressor;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;

/** Page compression as parquet-java's record writer wants it, without Hadoop. */
public final class ZstdCompression implements BytesInputCompressor {

  public static final int LEVEL = 3;

  /** What compresses many pages, owned by the caller; to make it costs more than a small page. */
  public static ZstdCompressCtx context() {
    return new ZstdCompressCtx().setLevel(LEVEL);
  }

  /** Looks for long repetitions alone. */
  private static final int QUICK_LEVEL = 1;

  /** Remembers the places of 2^8 strings, so that next to nothing is found again. */
  private static final int FEW_PLACES = 8;

  private static final int LONG_MATCH = 7;

  /**
   * The shortest of what different searches for repetitions make of some bytes: a thorough one, one
   * for long ones, and next to none. Short ones, which turn up in indices by chance, take more than
   * entropy coding alone makes of them.
   *
   * @param context borrowed
   */
  public static byte[] smallest(byte[] plain, ZstdCompressCtx context) {
    byte[] thorough = context.setLevel(LEVEL).compress(plain);
    byte[] quick = context.setLevel(QUICK_LEVEL).compress(plain);
    byte[] none = context.setHashLog(FEW_PLACES).setMinMatch(LONG_MATCH).compress(plain);
    context.setHashLog(0).setMinMatch(0);
    byte[] shortest = quick.length < thorough.length ? quick : thorough;
    return none.length < shortest.length ? none : shortest;
  }

  @Override
  public BytesInput compress(BytesInput bytes) throws IOException {
    return BytesInput.from(Zstd.compress(bytes.toInputStream().readAllBytes(), LEVEL));
  }

  @Override
  public CompressionCodecName getCodecName() {
    return CompressionCodecName.ZSTD;
  }

  @Override
  public void release() {}
}
