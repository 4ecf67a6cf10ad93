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

  @Override
  public BytesInput compress(BytesInput bytes) throws IOException {
    return BytesInput.from(Zstd.compress(bytes.toByteArray(), LEVEL));
  }

  @Override
  public CompressionCodecName getCodecName() {
    return CompressionCodecName.ZSTD;
  }

  @Override
  public void release() {}
}
