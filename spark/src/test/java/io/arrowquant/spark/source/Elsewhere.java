package io.arrowquant.spark.source;

import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStreamBuilder;
import org.apache.hadoop.fs.FileRange;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FilterFileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;

/** The local disk under another scheme: what is read and written goes through Hadoop. */
public class Elsewhere extends FilterFileSystem {

  /** Ranges that were read together with others, in this JVM. */
  public static final AtomicInteger VECTORED = new AtomicInteger();

  public Elsewhere() {
    super(new RawLocalFileSystem());
  }

  @Override
  public void initialize(URI name, org.apache.hadoop.conf.Configuration conf) throws IOException {
    super.initialize(URI.create("file:///"), conf);
    setConf(conf);
  }

  @Override
  public URI getUri() {
    return URI.create(getScheme() + ":///");
  }

  @Override
  public String getScheme() {
    return "elsewhere";
  }

  @Override
  protected void checkPath(Path path) {}

  protected static Path local(Path path) {
    return new Path("file", null, path.toUri().getPath());
  }

  @Override
  public FSDataInputStream open(Path path, int bufferSize) throws IOException {
    return new FSDataInputStream(super.open(local(path), bufferSize).getWrappedStream()) {
      @Override
      public void readVectored(List<? extends FileRange> ranges, IntFunction<ByteBuffer> allocate)
          throws IOException {
        VECTORED.addAndGet(ranges.size());
        super.readVectored(ranges, allocate);
      }
    };
  }

  @Override
  public FSDataOutputStreamBuilder<?, ?> createFile(Path path) {
    return super.createFile(local(path));
  }

  @Override
  public boolean rename(Path from, Path to) throws IOException {
    return super.rename(local(from), local(to));
  }

  @Override
  public boolean delete(Path path, boolean recursive) throws IOException {
    return super.delete(local(path), recursive);
  }

  @Override
  public boolean mkdirs(Path path) throws IOException {
    return super.mkdirs(local(path));
  }

  @Override
  public FileStatus getFileStatus(Path path) throws IOException {
    return super.getFileStatus(local(path));
  }

  @Override
  public FileStatus[] listStatus(Path path) throws IOException {
    return super.listStatus(local(path));
  }
}
