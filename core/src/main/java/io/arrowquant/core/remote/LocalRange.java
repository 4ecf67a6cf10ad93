package io.arrowquant.core.remote;

import io.arrowquant.core.ArrowQuantException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/** A range of a copy on the local disk. */
final class LocalRange {

  private static final int CHUNK = 1 << 16;

  private LocalRange() {}

  /**
   * @return bytes given to the sink: fewer than asked for where the file ends
   */
  static long read(Path copy, long position, long length, RangeSink sink) {
    try (FileChannel channel = FileChannel.open(copy)) {
      ByteBuffer chunk = ByteBuffer.allocate(CHUNK);
      long done = 0;
      while (done < length) {
        chunk.clear().limit((int) Math.min(CHUNK, length - done));
        int count = channel.read(chunk, position + done);
        if (count < 0) {
          break;
        }
        sink.accept(done, chunk.flip());
        done += count;
      }
      return done;
    } catch (IOException e) {
      throw ArrowQuantException.whileReading(copy, e);
    }
  }
}
