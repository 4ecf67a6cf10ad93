package io.arrowquant.arrow.parquet.encoding;

import com.github.luben.zstd.Zstd;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.compression.CompressionCodecFactory.BytesInputCompressor;
import org.apache.parquet.compression.CompressionCodecFactory.BytesInputDecompressor;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;

/** Page compression as parquet-java's record writer and reader want it, without Hadoop. */
public final class ZstdCompression implements BytesInputCompressor, BytesInputDecompressor {

  public static final int LEVEL = 3;

  @Override
  public BytesInput compress(BytesInput bytes) throws IOException {
    return BytesInput.from(Zstd.compress(bytes.toByteArray(), LEVEL));
  }

  @Override
  public CompressionCodecName getCodecName() {
    return CompressionCodecName.ZSTD;
  }

  @Override
  public BytesInput decompress(BytesInput bytes, int decompressedSize) throws IOException {
    byte[] plain = new byte[decompressedSize];
    long size = Zstd.decompress(plain, bytes.toByteArray());
    if (Zstd.isError(size) || size != decompressedSize) {
      throw new IOException("a compressed page is damaged");
    }
    return BytesInput.from(plain);
  }

  @Override
  public void decompress(
      ByteBuffer input, int compressedSize, ByteBuffer output, int decompressedSize) {
    throw new UnsupportedOperationException("pages are decompressed as BytesInput");
  }

  @Override
  public void release() {}
}
